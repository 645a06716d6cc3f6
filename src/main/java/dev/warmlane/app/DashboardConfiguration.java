package dev.warmlane.app;

import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.core.affinity.Bindings;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.VllmEndpoint;
import dev.warmlane.ops.dashboard.EventLog;
import dev.warmlane.ops.dashboard.History;
import dev.warmlane.ops.dashboard.LiveFeed;
import dev.warmlane.ops.dashboard.ProblemCatalogue;
import dev.warmlane.ops.dashboard.Sampling;
import dev.warmlane.settings.ReloadedFile;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** What the operators' page shows, and the history it remembers. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(prefix = "warmlane.dashboard", name = "enabled", havingValue = "true", matchIfMissing = true)
class DashboardConfiguration {

    @Bean
    History history(WarmlaneSettings settings) {
        return LiveFeed.history(settings.history());
    }

    @Bean
    ProblemCatalogue problemCatalogue() {
        return ProblemCatalogue.load();
    }

    /** Certificates and files that are reloaded are events, whoever uses them. */
    @Bean
    EventLog eventLog(SslBundles bundles, ObjectProvider<ReloadedFile<?>> files) {
        EventLog log = new EventLog(InstantSource.system());
        for (String bundle : bundles.getBundleNames()) {
            bundles.addBundleUpdateHandler(bundle, renewed -> log.reloaded("SSL bundle " + bundle));
        }
        files.forEach(file -> file.onReload(path -> log.reloaded(String.valueOf(path.getFileName()))));
        return log;
    }

    @Bean
    LiveFeed liveFeed(
            Pools pools,
            VllmEndpoint overview,
            Bindings bindings,
            MeterRegistry registry,
            History history,
            ObjectProvider<ReplicaSharing> sharing,
            EventLog log,
            ProblemCatalogue problems) {
        return new LiveFeed(
                overview,
                pools,
                bindings,
                registry,
                history,
                sharing.getIfAvailable(),
                log,
                problems,
                InstantSource.system());
    }

    @Bean(destroyMethod = "close")
    Sampling sampling(WarmlaneSettings settings, LiveFeed feed, History history) {
        return new Sampling(feed, history, settings.history());
    }

    @Bean
    ApplicationRunner startSampling(Sampling sampling) {
        return arguments -> sampling.start();
    }
}
