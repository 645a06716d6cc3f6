package dev.warmlane.app;

import dev.warmlane.core.log.Counted;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.settings.DiscoverySettings.KubernetesSettings;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.info.GitProperties;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.util.unit.DataSize;

/** Says at the start in a few lines what runs here, and once the engines have been asked, which models they serve. */
@Configuration(proxyBeanMethods = false)
class StartReport {
    private static final Logger log = LoggerFactory.getLogger(StartReport.class);
    private static final int NAMED = 3;

    @Bean
    ApplicationListener<ApplicationReadyEvent> startReporter(
            WarmlaneSettings settings,
            Environment environment,
            ObjectProvider<BuildProperties> build,
            ObjectProvider<GitProperties> commit,
            ServedModels models,
            LoadScraper scraper) {
        return started -> {
            log.info("{}", version(environment, build.getIfAvailable(), commit.getIfAvailable()));
            List<PoolSettings> pools = settings.pools();
            pools.stream().limit(NAMED).forEach(pool -> log.info("pool {}: {}", pool.name(), source(pool)));
            if (pools.size() > NAMED) {
                log.info("{}", Counted.of(pools.size() - NAMED, "more pool"));
            }
            Map<String, String> parameters = new TreeMap<>(settings.routing().parameters());
            log.info("policy {}{}", settings.routing().policy(), parameters.isEmpty() ? "" : " with " + parameters);
            log.info("{}", replicas(settings));
            log.info("clients: {}, {}", url(environment, "server", "local.server.port"), access(settings));
            log.info("{}", management(settings, environment));
            Duration taken = started.getTimeTaken();
            log.info("ready{}", taken == null ? "" : " after " + taken.toMillis() + " ms");
            onceKnown(models, scraper);
        };
    }

    private static String version(
            Environment environment, @Nullable BuildProperties build, @Nullable GitProperties commit) {
        StringBuilder line = new StringBuilder("Warmlane");
        if (build != null) {
            line.append(' ').append(build.getVersion());
        }
        if (commit != null) {
            line.append(" (").append(commit.getShortCommitId()).append(')');
        }
        Runtime runtime = Runtime.getRuntime();
        line.append(", Java %s, %s, %d MB heap"
                .formatted(
                        System.getProperty("java.version"),
                        Counted.of(runtime.availableProcessors(), "core"),
                        DataSize.ofBytes(runtime.maxMemory()).toMegabytes()));
        String[] profiles = environment.getActiveProfiles();
        return profiles.length == 0 ? line.toString() : line + ", profile " + String.join(", ", profiles);
    }

    private static String source(PoolSettings pool) {
        KubernetesSettings kubernetes = pool.kubernetes();
        if (kubernetes == null) {
            return Counted.of(pool.endpoints().size(), "endpoint") + ": " + some(pool.endpoints());
        }
        String what = kubernetes.service() != null
                ? "Service " + kubernetes.service()
                : kubernetes.selector() != null
                        ? "EndpointSlices of " + kubernetes.selector()
                        : "InferencePool " + kubernetes.inferencePool();
        return "%s%s".formatted(what, kubernetes.namespace() == null ? "" : " in " + kubernetes.namespace());
    }

    private static String replicas(WarmlaneSettings settings) {
        if (settings.cluster().incomplete()) {
            return "replicas: none, as neither warmlane.cluster.members nor .service says where they are";
        }
        if (!settings.cluster().enabled()) {
            return "replicas: none, this one decides alone";
        }
        String service = settings.cluster().service();
        return "replicas: cluster %s of %s, port %d"
                .formatted(
                        settings.cluster().name(),
                        service.isEmpty() ? some(settings.cluster().members()) : service,
                        settings.cluster().port());
    }

    private static String access(WarmlaneSettings settings) {
        List<String> keys = new ArrayList<>();
        if (!settings.auth().keysFile().isEmpty()) {
            keys.add("with a key");
        }
        if (!settings.auth().oidc().issuerUri().isEmpty()
                || !settings.auth().oidc().jwkSetUri().isEmpty()) {
            keys.add("with a token");
        }
        return keys.isEmpty() ? "open to everybody" : String.join(" or ", keys);
    }

    private static String management(WarmlaneSettings settings, Environment environment) {
        String url = url(environment, "management.server", "local.management.port");
        return settings.dashboard().enabled()
                ? "management: %s/actuator, dashboard: %s/dashboard".formatted(url, url)
                : "management: %s/actuator".formatted(url);
    }

    private static boolean hasTls(Environment environment, String prefix) {
        return environment.containsProperty(prefix + ".ssl.bundle")
                || environment.containsProperty(prefix + ".ssl.key-store")
                || environment.containsProperty(prefix + ".ssl.certificate");
    }

    static String url(Environment environment, String prefix, String port) {
        // The management port takes over the TLS of the public one where it has none of its own, and does not refuse
        // it.
        boolean wanted = environment.getProperty(prefix + ".ssl.enabled", Boolean.class, true);
        boolean tls = wanted && (hasTls(environment, prefix) || hasTls(environment, "server"));
        return "%s://%s:%s"
                .formatted(
                        tls ? "https" : "http",
                        environment.getProperty(prefix + ".address", "localhost"),
                        environment.getProperty(port, "?"));
    }

    /** The engines are asked as soon as the gateway has started, so their models are a line of their own. */
    private static void onceKnown(ServedModels models, LoadScraper scraper) {
        AtomicBoolean told = new AtomicBoolean();
        scraper.onRound(() -> {
            if (!told.get() && models.isKnown() && told.compareAndSet(false, true)) {
                List<String> served =
                        models.catalog().models().stream().distinct().toList();
                if (served.isEmpty()) {
                    log.warn("models: none, as no engine has listed any yet");
                } else {
                    log.info("models: {}", some(served));
                }
            }
        });
    }

    private static String some(List<String> all) {
        String named = String.join(", ", all.subList(0, Math.min(NAMED, all.size())));
        return all.size() > NAMED ? named + " and %d more".formatted(all.size() - NAMED) : named;
    }
}
