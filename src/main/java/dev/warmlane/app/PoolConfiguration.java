package dev.warmlane.app;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.admission.AdmissionQueue;
import dev.warmlane.core.admission.QueueLimits;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptHasher;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PolicyFactory;
import dev.warmlane.core.routing.PolicyParameters;
import dev.warmlane.core.routing.PoolAverages;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.routing.RouterCapacity;
import dev.warmlane.core.routing.RoutingPolicy;
import dev.warmlane.proxy.RoutedPool;
import dev.warmlane.proxy.RoutedPools;
import dev.warmlane.settings.AffinitySettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.PolicyFiles;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.QueueSettings;
import dev.warmlane.settings.RoutingSettings;
import dev.warmlane.settings.WarmlaneSettings;
import java.time.Clock;
import java.util.SplittableRandom;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The pools, each with its own policy, index and load; the affinity table serves them all. */
@Configuration(proxyBeanMethods = false)
class PoolConfiguration {
    private static final int LOGGED_DECISIONS = 256;

    /** One million tokens at 64 a block: more than most engines hold, since too small costs more than too large. */
    private static final int DEFAULT_INDEX_BLOCKS = 15_625;

    @Bean
    AffinityTable affinityTable(WarmlaneSettings settings) {
        AffinitySettings affinity = settings.affinity();
        return new AffinityTable(affinity.maxEntries(), affinity.ttl(), Ticker.systemTicker());
    }

    @Bean
    RoutedPools routedPools(WarmlaneSettings settings, PoolHealths healths, AffinityTable table) {
        if (settings.pools().isEmpty()) {
            throw new InvalidSettingException(
                    "warmlane.endpoints", "[]", "URLs of vLLM servers, or pools in warmlane.pools");
        }
        return new RoutedPools(settings.pools().stream()
                .map(pool -> routedPool(pool, settings, healths.get(pool.name()), table))
                .toList());
    }

    @Bean
    QueueTicks queueTicks(RoutedPools pools) {
        return new QueueTicks(pools);
    }

    private static RoutedPool routedPool(
            PoolSettings pool, WarmlaneSettings settings, PoolHealth health, AffinityTable table) {
        InFlight inFlight = new InFlight(settings.queue().maxRequestsPerEndpoint());
        PolicyFactory policies = new PolicyFactory(
                table,
                new PrefixIndex(DEFAULT_INDEX_BLOCKS),
                PromptHasher.DEFAULT_BLOCK_SIZE_BYTES,
                inFlight,
                new PoolAverages(),
                System.nanoTime());
        RoutingPolicy policy = policy(settings.routing(), policies);
        Router router = new Router(
                health.pool(), policy, inFlight, new DecisionLog(LOGGED_DECISIONS, Clock.systemUTC()), health);
        return new RoutedPool(router, pool.apiKey(), queue(settings.queue(), router));
    }

    private static AdmissionQueue queue(QueueSettings settings, Router router) {
        AdmissionQueue queue = new AdmissionQueue(
                new QueueLimits(settings.maxEntries(), settings.maxWait()),
                new RouterCapacity(router),
                System::nanoTime,
                new SplittableRandom());
        router.inFlight().onClose(queue::ended);
        return queue;
    }

    private static RoutingPolicy policy(RoutingSettings routing, PolicyFactory policies) {
        PolicyParameters parameters;
        try {
            parameters = PolicyFiles.read(routing.policy(), routing.parameters());
        } catch (IllegalArgumentException e) {
            String problem = String.valueOf(e.getMessage()).replaceFirst("^policy: ", "");
            throw new InvalidSettingException("warmlane.routing.policy", problem);
        }
        try {
            return policies.create(parameters);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException("warmlane.routing", String.valueOf(e.getMessage()));
        }
    }
}
