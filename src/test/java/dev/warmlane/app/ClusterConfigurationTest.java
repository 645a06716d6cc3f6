package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.cluster.ClusterTransport;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.engines.client.Certificates;
import dev.warmlane.engines.discovery.DiscoveryFactory;
import dev.warmlane.engines.pool.PoolFactory;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class ClusterConfigurationTest {
    private static final String MEMBERS = "warmlane.cluster.members=127.0.0.1:7946,127.0.0.1:7947";
    private static final String LOOPBACK = "warmlane.cluster.bind-address=127.0.0.1";
    private static final String SECRET = "warmlane.cluster.secret=sixteen characters";

    private static final String KEY = "spring.ssl.bundle.jks.own.keystore.";
    private static final String TRUST = "spring.ssl.bundle.jks.own.truststore.";

    /** In place of a secret where that is not what a test is about: a secret takes a second to derive a key from. */
    private static String[] certificate;

    @TempDir
    private Path folder;

    @BeforeAll
    static void make(@TempDir Path stores) {
        Certificates certificates = new Certificates(stores);
        certificates.make("gateway", "dns:gateway");
        certificate = new String[] {
            "warmlane.cluster.ssl-bundle=own",
            KEY + "location=" + certificates.keys("gateway"),
            KEY + "password=" + Certificates.PASSWORD,
            TRUST + "location=" + certificates.trust("gateway"),
            TRUST + "password=" + Certificates.PASSWORD
        };
    }

    @Test
    void aReplicaIsCalledAsItsHostWhereNoVariableSaysSo() throws IOException {
        Path kernel = Files.writeString(folder.resolve("hostname"), "gw-a\n");
        assertThat(ClusterConfiguration.hostName(null, kernel)).isEqualTo("gw-a");
        assertThat(ClusterConfiguration.hostName("", kernel)).isEqualTo("gw-a");
        assertThat(ClusterConfiguration.hostName("pod-1", kernel)).isEqualTo("pod-1");
        assertThat(ClusterConfiguration.hostName(null, folder.resolve("none"))).isNull();
    }

    @Test
    void oneReplicaWithoutSettingsHasNoCluster() {
        runner().run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(ClusterTransport.class));
        runner("warmlane.cluster.members=", SECRET)
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(ClusterTransport.class));
    }

    @Test
    void aListOfMembersOrAServiceMakesOne() {
        for (String where : List.of(MEMBERS, "warmlane.cluster.members[0]=a:1", "warmlane.cluster.service=gateways")) {
            runner(where, LOOPBACK, "warmlane.cluster.member-name=pod-1")
                    .withPropertyValues(certificate)
                    .run(context -> {
                        assertThat(context).hasNotFailed();
                        assertThat(context.getBean(ClusterTransport.class)
                                        .self()
                                        .name())
                                .isEqualTo("pod-1");
                    });
        }
    }

    @Test
    void theSecretMayBeInAFile() throws IOException {
        Path file = Files.writeString(folder.resolve("secret"), "sixteen characters\n");
        runner(MEMBERS, LOOPBACK, "warmlane.cluster.secret-file=" + file)
                .run(context -> assertThat(context).hasNotFailed());
        Files.writeString(file, "too short\n");
        refuses(
                "warmlane.cluster.secret-file: *** (9 characters) (expected: at least 16 characters)",
                MEMBERS,
                LOOPBACK,
                "warmlane.cluster.secret-file=" + file);
        refuses(
                "warmlane.cluster.secret-file: /nowhere (expected: a file that can be read)",
                MEMBERS,
                LOOPBACK,
                "warmlane.cluster.secret-file=/nowhere");
    }

    @Test
    void theBundleNamesItsMembers() {
        String untrusting =
                "warmlane.cluster.ssl-bundle: own (expected: a bundle with a certificate and key of this replica, and";
        refuses(
                untrusting,
                Stream.concat(
                                Stream.of(MEMBERS, LOOPBACK),
                                Stream.of(certificate).filter(setting -> !setting.startsWith(TRUST)))
                        .toArray(String[]::new));
        runner(MEMBERS, LOOPBACK)
                .withPropertyValues(certificate)
                .run(context -> assertThat(context).hasNotFailed());
        refuses(
                "warmlane.cluster.ssl-bundle: absent (expected: the name of a bundle in spring.ssl.bundle)",
                MEMBERS,
                LOOPBACK,
                "warmlane.cluster.ssl-bundle=absent");
    }

    @Test
    void bindsToOneAddressOfThisHost() {
        for (String address : List.of("0.0.0.0", "192.0.2.1")) {
            refuses(
                    "warmlane.cluster.bind-address: " + address + " (expected: one address of this host",
                    Stream.concat(
                                    Stream.of(MEMBERS, "warmlane.cluster.bind-address=" + address),
                                    Stream.of(certificate))
                            .toArray(String[]::new));
        }
    }

    private static void refuses(String message, String... settings) {
        runner(settings)
                .run(context -> assertThat(context.getStartupFailure())
                        .rootCause()
                        .isInstanceOf(InvalidSettingException.class)
                        .hasMessageStartingWith(message));
    }

    private static ApplicationContextRunner runner(String... settings) {
        return new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class))
                .withBean(Pools.class, () -> new Pools(List.of()))
                .withBean(PoolFactory.class, ClusterConfigurationTest::poolFactory)
                .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
                .withUserConfiguration(Settings.class, ClusterConfiguration.class)
                .withPropertyValues(settings);
    }

    private static PoolFactory poolFactory() {
        WarmlaneSettings settings =
                new Binder(new MapConfigurationPropertySource()).bindOrCreate("warmlane", WarmlaneSettings.class);
        DiscoveryFactory discoveries = new DiscoveryFactory(settings.discovery(), () -> {
            throw new AssertionError("no pool is on Kubernetes");
        });
        Bindings bindings = new AffinityTable(10, Duration.ofHours(1), System::nanoTime);
        return new PoolFactory(settings, bindings, null, discoveries, pool -> null);
    }

    @EnableConfigurationProperties(WarmlaneSettings.class)
    static class Settings {}
}
