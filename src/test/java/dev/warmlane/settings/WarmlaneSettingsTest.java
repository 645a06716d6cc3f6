package dev.warmlane.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.settings.AuthSettings.ManagementSettings;
import dev.warmlane.settings.HealthSettings.PrewarmSettings;
import dev.warmlane.settings.SettingNames.SettingFailureAnalyzer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.FileSystemResource;

@ExtendWith(OutputCaptureExtension.class)
class WarmlaneSettingsTest {

    @Test
    void theDefaultsInTheFileAreThoseOfTheCode() throws IOException {
        assertThat(bind(applicationYaml(), new LeafNames()))
                .isEqualTo(bind(new MapPropertySource("empty", Map.of()), new LeafNames()));
    }

    @Test
    void theFileHasEverySettingThatExists() throws IOException {
        LeafNames leaves = new LeafNames();
        bind(new MapPropertySource("empty", Map.of()), leaves);
        Set<String> inFile = new TreeSet<>();
        for (String name : ((EnumerablePropertySource<?>) applicationYaml()).getPropertyNames()) {
            inFile.add(name.replaceAll("\\[\\d+]$", ""));
        }
        assertThat(inFile).containsAll(leaves.names);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "warmlane.endpoint=a | warmlane.endpoint: a (expected: one that docs/settings.md lists, such as warmlane.endpoints)",
                "warmlane.affinity.tll=1h | warmlane.affinity.tll: 1h (expected: one that docs/settings.md lists, such as warmlane.affinity.ttl)",
                "warmlane.affinity.ttl=soon | warmlane.affinity.ttl: soon (expected: a duration such as 2s, 10m or 2h)",
                "warmlane.affinity.ttl=0s | warmlane.affinity.ttl: 0s (expected: more than zero, such as 2s)",
                "warmlane.affinity.ttl=-90s | warmlane.affinity.ttl: -90s (expected: more than zero, such as 2s)",
                "warmlane.affinity.max-entries=0 | warmlane.affinity.max-entries: 0 (expected: 1 to 100000000)",
                "warmlane.affinity.max-entries=many | warmlane.affinity.max-entries: many (expected: a whole number)",
                "warmlane.affinity.keys=cookie | warmlane.affinity.keys: cookie (expected: session, client-ip or prompt-prefix)",
                "warmlane.affinity.client-ip.trusted-proxies=10.0.0.0/33 | warmlane.affinity.client-ip.trusted-proxies: 10.0.0.0/33 (expected: an address or a network such as 10.0.0.0/8)",
                "warmlane.scrape.interval=1us | warmlane.scrape.interval: PT0.000001S (expected: from 1ms to 3650d)",
                "warmlane.drain.timeout=999999d | warmlane.drain.timeout: 999999d (expected: from 1ms to 3650d)",
                "warmlane.scrape.interval=0 | warmlane.scrape.interval: 0s (expected: more than zero, such as 2s)",
                "warmlane.scrape.interval=10s | warmlane.scrape.models-interval: 5s (expected: at least warmlane.scrape.interval, 10s)",
                "warmlane.upstream.connect-timeout=-2s | warmlane.upstream.connect-timeout: -2s (expected: more than zero, such as 2s)",
                "warmlane.upstream.max-connections=0 | warmlane.upstream.max-connections: 0 (expected: at least 1)",
                "warmlane.limits.body=big | warmlane.limits.body: big (expected: a size such as 64KB or 32MB)",
                "warmlane.limits.body=3GB | warmlane.limits.body: 3GB (expected: less than 2GB)",
                "warmlane.limits.headers=0B | warmlane.limits.headers: 0B (expected: 256B to 16MB)",
                "warmlane.limits.headers=17MB | warmlane.limits.headers: 17MB (expected: 256B to 16MB)",
                "warmlane.limits.buffered-bodies=1MB | warmlane.limits.buffered-bodies: 1MB (expected: at least warmlane.limits.body, 32MB)",
                "warmlane.limits.header-timeout=0s | warmlane.limits.header-timeout: 0s (expected: more than zero, such as 2s)",
                "warmlane.health.interval=0s | warmlane.health.interval: 0s (expected: more than zero, such as 2s)",
                "warmlane.health.fall=0 | warmlane.health.fall: 0 (expected: at least 1)",
                "warmlane.health.slow-start=-1s | warmlane.health.slow-start: -1s (expected: zero or more, such as 2s)",
                "warmlane.outlier.success-rate=80 | warmlane.outlier.success-rate: 80.0 (expected: 0 to 1)",
                "warmlane.outlier.max-ejection=10s | warmlane.outlier.max-ejection: 10s (expected: at least warmlane.outlier.ejection, 30s)",
                "warmlane.outlier.keep-sessions=-1s | warmlane.outlier.keep-sessions: -1s (expected: zero or more, such as 2s)",
                "warmlane.retry.max-retries=-1 | warmlane.retry.max-retries: -1 (expected: 0 to 100)",
                "warmlane.drain.accept=-1s | warmlane.drain.accept: -1s (expected: zero or more, such as 2s)",
                "warmlane.drain.first-request=-1s | warmlane.drain.first-request: -1s (expected: zero or more, such as 2s)",
                "warmlane.drain.farewell=0s | warmlane.drain.farewell: 0s (expected: more than zero, such as 2s)",
                "warmlane.drain.close=0s | warmlane.drain.close: 0s (expected: more than zero, such as 2s)",
                "warmlane.discovery.resync=10ms | warmlane.discovery.resync: 10ms (expected: at least 1s)",
                "warmlane.drain.timeout= | warmlane.drain.timeout:  (expected: a value, or no such line)",
                "warmlane.queue.priority-header=x:y | warmlane.queue.priority-header: x:y (expected: the name of a header, or nothing)",
                "warmlane.access-log.target=stderr | warmlane.access-log.target: stderr (expected: off, stdout or the path of a file)",
                "warmlane.access-log.target=/var/log/100%.log | warmlane.access-log.target: /var/log/100%.log (expected: a path without %)",
                "warmlane.access-log.queue=0 | warmlane.access-log.queue: 0 (expected: 1 to 1000000)",
                "warmlane.access-log.kept-files=0 | warmlane.access-log.kept-files: 0 (expected: 1 to 10000)",
                "warmlane.access-log.max-size=0B | warmlane.access-log.max-size: 0B (expected: at least 1KB)",
                "warmlane.response-headers=maybe | warmlane.response-headers: maybe (expected: true or false)",
                "warmlane.auth.reload=0s | warmlane.auth.reload: 0s (expected: more than zero, such as 2s)",
                "warmlane.auth.oidc.issuer-uri=ftp://id | warmlane.auth.oidc.issuer-uri: ftp://id (expected: a URL such as https://id.example.org)",
                "warmlane.auth.oidc.issuer-uri=https://id | warmlane.auth.oidc.audiences: [] (expected: what tokens for this gateway name as their audience)",
                "warmlane.auth.oidc.groups[0].name=a | warmlane.auth.oidc.groups: set (expected: nothing, unless issuer-uri or jwk-set-uri is set)",
                "warmlane.auth.oidc.issuer-uri=https://id warmlane.auth.oidc.audiences=a warmlane.auth.oidc.groups[0].name=g warmlane.auth.oidc.groups[1].name=g | warmlane.auth.oidc.groups[1].name: g (expected: a name that no group before it has)",
                "warmlane.upstream.dropped-headers=set-cookie,x: | warmlane.upstream.dropped-headers: x: (expected: names of headers, such as set-cookie)",
                "warmlane.discovery.role-labels=role=a | warmlane.discovery.role-labels: role=a (expected: names of labels, such as llm-d.ai/role)",
                "warmlane.cors.allowed-methods=get | warmlane.cors.allowed-methods: get (expected: methods in upper case, such as GET)",
                "warmlane.pools[0].name=a warmlane.pools[0].endpoints=https://a:1 warmlane.pools[0].server-name=s | warmlane.pools[0].server-name: s (expected: nothing, unless ssl-bundle or warmlane.upstream.ssl-bundle is set)",
                "warmlane.auth.oidc.audiences=a | warmlane.auth.oidc.audiences: [a] (expected: nothing, unless issuer-uri or jwk-set-uri is set)",
                "warmlane.auth.oidc.tenant-claim=t | warmlane.auth.oidc.tenant-claim: t (expected: nothing, unless issuer-uri or jwk-set-uri is set)",
                "warmlane.auth.oidc.algorithms=none | warmlane.auth.oidc.algorithms: [none] (expected: some of RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512)",
                "warmlane.auth.oidc.groups[0].tenant=a | warmlane.auth.oidc.groups[0].name: not set (expected: the name of a group)",
                "warmlane.tenancy.secret-file=/s | warmlane.tenancy.secret-file: /s (expected: nothing unless warmlane.auth tells who clients are)",
                "warmlane.pools[0].name=a warmlane.pools[0].endpoints=http://a:1 warmlane.pools[0].ssl-bundle=pods | warmlane.pools[0].endpoints: [http://a:1] (expected: https URLs, as ssl-bundle is set)",
                "warmlane.pools[0].name=A | warmlane.pools[0].name: A (expected: 1 to 63 lower-case letters, digits and dashes, other than by-model and none)",
                "warmlane.endpoints=http://a:1 warmlane.pools[0].name=A | warmlane.pools[0].name: A (expected: 1 to 63 lower-case letters, digits and dashes, other than by-model and none)",
                "warmlane.endpoints=http://a:1 warmlane.pools[0].name=default warmlane.pools[0].endpoints=http://b:1 | warmlane.pools[0].name: default (expected: a name that no other pool has; warmlane.endpoints is the pool default)",
                "warmlane.pools[1].name=a | warmlane.pools[1].name: a (expected: warmlane.pools[0] beside it: a list is taken from one place, and numbered from 0 there)",
                "warmlane.pools[0].name=a warmlane.pools[0].endpoints=http://a:1 warmlane.pools[0].modles=m | warmlane.pools[0].modles: m (expected: one that docs/settings.md lists, such as warmlane.pools[0].models)",
                "warmlane.pools[0].name=a | warmlane.pools[0]: no endpoints (expected: either endpoints or kubernetes)",
                "warmlane.pools[0].name=a warmlane.pools[0].endpoints=http://a:1 warmlane.pools[0].ranks=some | warmlane.pools[0].ranks: some (expected: auto, off or a number from 2 to 256)",
                "warmlane.pools[0].name=a warmlane.pools[0].endpoints=http://a:1 warmlane.pools[0].ranks=257 | warmlane.pools[0].ranks: 257 (expected: auto, off or a number from 2 to 256)",
                "warmlane.pools[0].name=a warmlane.pools[0].endpoints=http://a:1 warmlane.pools[0].prewarm.max-tokens=0 | warmlane.pools[0].prewarm.max-tokens: 0 (expected: at least 1)",
                "warmlane.pools[0].name=a warmlane.pools[0].endpoints=http://a:1 warmlane.pools[0].prewarm.max-duration=0s | warmlane.pools[0].prewarm.max-duration: 0s (expected: more than zero, such as 2s)",
                "warmlane.affinity.max-entries=1000000000000 | warmlane.affinity.max-entries: 1000000000000 (expected: 1 to 100000000)",
                "warmlane.affinity.session.headers=x-a,X-A | warmlane.affinity.session.headers: x-a (expected: each once)",
                "warmlane.affinity.session.body-fields=session_id,session_id | warmlane.affinity.session.body-fields: session_id (expected: each once)",
                "warmlane.affinity.keys=session,,client-ip | warmlane.affinity.keys: empty (expected: session, client-ip or prompt-prefix)",
                "warmlane.affinity.keys[0]= warmlane.affinity.keys[1]=session | warmlane.affinity.keys: empty (expected: session, client-ip or prompt-prefix)",
                "warmlane.retry.max-retries=1000 | warmlane.retry.max-retries: 1000 (expected: 0 to 100)",
                "warmlane.limits.header-count=7 | warmlane.limits.header-count: 7 (expected: 8 to 1000)",
                "warmlane.limits.body-min-rate=1GB | warmlane.limits.body-min-rate: 1GB (expected: 0B to 100MB)",
                "warmlane.limits.websocket-frame=1B | warmlane.limits.websocket-frame: 1B (expected: 125B to 64MB)",
                "warmlane.index.tokens-per-endpoint=1000000000000 | warmlane.index.tokens-per-endpoint: 1000000000000 (expected: 0 to 10000000000)",
                "warmlane.index.max-tokens-per-endpoint=0 | warmlane.index.max-tokens-per-endpoint: 0 (expected: 1 to 10000000000)",
                "warmlane.prewarm.concurrency=5000 | warmlane.prewarm.concurrency: 5000 (expected: 1 to 1024)",
                "warmlane.history.max-endpoints=1000000 | warmlane.history.max-endpoints: 1000000 (expected: 1 to 10000)",
                "warmlane.access-log.queue=2000000000 | warmlane.access-log.queue: 2000000000 (expected: 1 to 1000000)",
                "warmlane.warm-up=1h | warmlane.warm-up: 1h (expected: at most 10m)",
                "warmlane.cluster.join-timeout=1h | warmlane.cluster.join-timeout: 1h (expected: at most 10m)",
                "warmlane.auth.oidc.issuer-uri=https:///id | warmlane.auth.oidc.issuer-uri: https:///id (expected: a URL such as https://id.example.org)",
                "warmlane.auth.oidc.issuer-uri=https://id warmlane.auth.oidc.audiences=a,, | warmlane.auth.oidc.audiences: blank (expected: names of audiences)",
                "warmlane.auth.oidc.issuer-uri=https://id warmlane.auth.oidc.audiences=a warmlane.auth.oidc.group-claim= warmlane.auth.oidc.groups[0].name=g | warmlane.auth.oidc.group-claim: blank (expected: the name of a claim, since groups are set)",
                "warmlane.auth.oidc.issuer-uri=https://id warmlane.auth.oidc.audiences=a warmlane.auth.oidc.groups[0].name=g warmlane.auth.oidc.groups[0].models=m,, | warmlane.auth.oidc.groups[0].models: blank (expected: names of models, or no setting)",
                "warmlane.discovery.role-labels=a,a | warmlane.discovery.role-labels: a (expected: each once)",
                "warmlane.pools[0].name=a warmlane.pools[0].endpoints=https://a:1 warmlane.pools[0].ssl-bundle=b warmlane.pools[0].server-name= | warmlane.pools[0].server-name: blank (expected: a name, or no setting)",
                "warmlane.pools[0].name=by-model | warmlane.pools[0].name: by-model (expected: 1 to 63 lower-case letters, digits and dashes, other than by-model and none)"
            })
    void aSettingThatCannotBeUsedStopsTheStartAndIsNamed(String setting, String problem) {
        new ApplicationContextRunner()
                .withUserConfiguration(Settings.class)
                .withPropertyValues(setting.split(" "))
                .run(context ->
                        assertThat(description(context.getStartupFailure())).startsWith(problem));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "warmlane.affinity.ttl=90 | warmlane.affinity.ttl: 90 is taken for 90 ms",
                "minutes=2 warmlane.affinity.ttl=${minutes} | warmlane.affinity.ttl: 2 is taken for 2 ms",
                "warmlane.limits.body=32 | warmlane.limits.body: 32 is taken for 32 bytes",
                "warmlane.pools[0].name=a warmlane.pools[0].endpoints=http://a:1 warmlane.pools[0].prewarm.max-duration=5 | warmlane.pools[0].prewarm.max-duration: 5 is taken for 5 ms"
            })
    void theLogWarnsOfANumberWithoutItsUnit(String setting, String warning, CapturedOutput output) {
        start(setting);
        assertThat(output).contains(warning);
    }

    @ParameterizedTest
    @ValueSource(strings = {"warmlane.affinity.ttl=90s", "warmlane.warm-up=0", "warmlane.limits.body=1024"})
    void theLogDoesNotWarnOfWhatIsClear(String setting, CapturedOutput output) {
        start(setting);
        assertThat(output).doesNotContain("is taken for");
    }

    private static void start(String setting) {
        new ApplicationContextRunner()
                .withUserConfiguration(Settings.class)
                .withPropertyValues(setting.split(" "))
                .run(context -> assertThat(context.getStartupFailure()).isNull());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "namespace=a | warmlane.pools[0].kubernetes: no source (expected: one of service, selector and inference-pool)",
                "service=a,selector=b=c | warmlane.pools[0].kubernetes: service and selector (expected: one of",
                "service=a,inference-pool=b | warmlane.pools[0].kubernetes: service and inference-pool (expected: one of",
                "inference-pool=b,port=http | warmlane.pools[0].kubernetes.port: http (expected: no setting, because"
            })
    void aPoolHasOneSource(String row) {
        String[] settingsAndProblem = row.split(" \\| ");
        String prefix = "warmlane.pools[0].kubernetes.";
        new ApplicationContextRunner()
                .withUserConfiguration(Settings.class)
                .withPropertyValues("warmlane.pools[0].name=a")
                .withPropertyValues((prefix + settingsAndProblem[0].replace(",", "," + prefix)).split(","))
                .run(context ->
                        assertThat(description(context.getStartupFailure())).startsWith(settingsAndProblem[1]));
    }

    @Test
    void aPoolsOwnPrewarmingGoesBeforeThatOfAll() {
        new ApplicationContextRunner()
                .withUserConfiguration(Settings.class)
                .withPropertyValues(
                        "warmlane.prewarm.max-tokens=500",
                        "warmlane.prewarm.priority=7",
                        "warmlane.pools[0].name=a",
                        "warmlane.pools[0].endpoints=http://a:1",
                        "warmlane.pools[0].prewarm.enabled=true",
                        "warmlane.pools[0].prewarm.max-duration=3s",
                        "warmlane.pools[0].prewarm.priority=9",
                        "warmlane.pools[1].name=b",
                        "warmlane.pools[1].endpoints=http://b:1")
                .run(context -> {
                    WarmlaneSettings settings = context.getBean(WarmlaneSettings.class);
                    PrewarmSettings all = settings.prewarm();
                    PrewarmSettings own = all.of(settings.pools().get(0).prewarm());
                    assertThat(own.enabled()).isTrue();
                    assertThat(own.maxDuration()).hasSeconds(3);
                    assertThat(own.priority()).isEqualTo(9);
                    assertThat(own.maxTokens()).isEqualTo(500);
                    assertThat(own.memory()).isEqualTo(all.memory());
                    assertThat(all.of(settings.pools().get(1).prewarm())).isEqualTo(all);
                });
    }

    @Test
    void aPoolsKeyIsNeverTold() {
        new ApplicationContextRunner()
                .withUserConfiguration(Settings.class)
                .withPropertyValues(
                        "warmlane.pools[0].name=a",
                        "warmlane.pools[0].endpoints=http://a:1",
                        "warmlane.pools[0].api-key=secret")
                .run(context -> assertThat(
                                context.getBean(WarmlaneSettings.class).pools().toString())
                        .startsWith("[PoolSettings[name=a,")
                        .doesNotContain("secret"));
    }

    @Test
    void aKeyThatNoTokenCanBearIsRefusedWithoutBeingTold() {
        assertThatThrownBy(() -> new ManagementSettings(" sixteen characters", "", List.of(), 1))
                .hasMessage("warmlane.management.key: *** (expected: no space before or behind the key)");
    }

    private static String description(@Nullable Throwable failure) {
        assertThat(failure).isNotNull();
        FailureAnalysis analysis = new SettingFailureAnalyzer().analyze(failure);
        assertThat(analysis).as(failure.toString()).isNotNull();
        return analysis.getDescription();
    }

    private static WarmlaneSettings bind(PropertySource<?> source, LeafNames handler) {
        return new Binder(ConfigurationPropertySources.from(source))
                .bindOrCreate("warmlane", Bindable.of(WarmlaneSettings.class), handler);
    }

    private static PropertySource<?> applicationYaml() throws IOException {
        return new YamlPropertySourceLoader()
                .load("application", new FileSystemResource("src/main/resources/application.yaml"))
                .get(0);
    }

    /** Notes the settings that have a value of their own and are no groups of others. */
    private static final class LeafNames extends AbstractBindHandler {
        private final List<String> names = new ArrayList<>();

        @Override
        public <T> @Nullable Bindable<T> onStart(
                ConfigurationPropertyName name, Bindable<T> target, BindContext context) {
            Class<?> type = target.getType().resolve(Object.class);
            if (!type.getName().startsWith("dev.warmlane")) {
                names.add(name.toString());
            }
            return target;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableConfigurationProperties(WarmlaneSettings.class)
    static class Settings {
        @Bean
        static SettingNames settingNames(Environment environment) {
            return new SettingNames(environment::resolvePlaceholders);
        }
    }
}
