package dev.warmlane.tools.replay;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.Drains.Drain;
import dev.warmlane.core.health.HealthRules;
import dev.warmlane.core.health.PoolHealth;
import dev.warmlane.core.prefix.PrefixIndex;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.CacheUse;
import dev.warmlane.core.routing.DecisionLog;
import dev.warmlane.core.routing.InFlight;
import dev.warmlane.core.routing.PoolLoad.ReplicaLoad;
import dev.warmlane.core.routing.PoolMemory;
import dev.warmlane.core.routing.Router;
import dev.warmlane.core.sharing.PoolShare;
import dev.warmlane.core.sharing.Replication;
import dev.warmlane.tools.replay.load.Load;
import dev.warmlane.tools.replay.load.Load.LoadRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** One gateway as a replay sees it: the real routing core, without anything that listens. */
final class ReplayGateway {
    private static final int MAX_BINDINGS = 1_000_000;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int MAX_FACTS = 100_000;
    private static final int BLOCK_SIZE_BYTES = Load.BLOCK_SIZE_TOKENS * LoadRequest.BYTES_PER_TOKEN;
    private static final Duration TTL = Duration.ofHours(2);

    /** An endpoint that joins starts as slowly as in a gateway; nothing fails here that would be ejected for it. */
    private static final HealthRules RULES = new HealthRules(
            false,
            1,
            0,
            1,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ZERO,
            1,
            1,
            Duration.ofSeconds(30));

    private final Ticker clock;
    private final EndpointPool pool = new EndpointPool("replay");
    private final InFlight inFlight = new InFlight();
    private final PoolHealth health;
    private final Router router;
    private final CacheUse cacheUse = new CacheUse();

    /**
     * @param indexBlocks what the index believes each endpoint's cache to hold
     * @param sharing carries what it tells the others; null: it tells nothing
     */
    ReplayGateway(
            PolicyMaker maker, long indexBlocks, Ticker clock, long seed, int number, @Nullable ReplaySharing sharing) {
        this.clock = clock;
        this.health = new PoolHealth(pool, RULES, clock::read);
        AffinityTable table = new AffinityTable(MAX_BINDINGS, TTL, clock);
        PoolMemory memory = sharing == null
                ? new PoolMemory(
                        table,
                        new PrefixIndex(indexBlocks, clock::read),
                        BLOCK_SIZE_BYTES,
                        inFlight,
                        ReplicaLoad.NONE,
                        seed,
                        clock::read)
                : shared(table, PrefixIndex.linked(indexBlocks, clock::read), clock, seed, number, sharing);
        this.router = new Router(
                pool,
                maker.make(clock),
                memory,
                new DecisionLog(1, () -> Instant.ofEpochSecond(0, clock.read())),
                health);
        router.tell(cacheUse, false);
    }

    private PoolMemory shared(
            AffinityTable table, PrefixIndex index, Ticker clock, long seed, int number, ReplaySharing sharing) {
        Replication replication =
                new Replication(Integer.toString(number), table, MAX_FACTS, clock::read, incomplete -> {
                    throw new IllegalStateException("gateway %s dropped facts".formatted(incomplete));
                });
        PoolShare share = replication.share(pool, index, inFlight);
        share.uses(cacheUse);
        sharing.join(replication);
        return new PoolMemory(
                replication.bindings(), share.contents(), BLOCK_SIZE_BYTES, inFlight, share.load(), seed, clock::read);
    }

    PoolHealth health() {
        return health;
    }

    /** An operator drains an endpoint, or puts it back. */
    void drain(EndpointId endpoint, boolean drained) {
        health.drains().here(endpoint, new Drain(drained, clock.read() / NANOS_PER_MILLI));
    }

    /** An endpoint says that it is another process. */
    void restarted(EndpointId endpoint) {
        router.notes().restarted(endpoint);
        health.caches().restarted(endpoint, clock.read());
    }

    Router router() {
        return router;
    }

    /** Time has passed: endpoints that are starting take more of their load. */
    void tick() {
        health.tick();
    }

    CacheUse cacheUse() {
        return cacheUse;
    }

    /** @param cacheTokens that each of them holds */
    void endpoints(List<Endpoint> endpoints, double cacheTokens) {
        pool.replace(endpoints);
        cacheUse.capacity(endpoints.size() * cacheTokens);
    }

    /** @throws IllegalStateException if anything still counts as in flight at this endpoint */
    void checkNothingInFlight(EndpointId endpoint) {
        int requests = inFlight.requests(endpoint);
        long promptTokens = inFlight.promptTokens(endpoint);
        long prefillTokens = inFlight.prefillTokens(endpoint);
        if (requests != 0 || promptTokens != 0 || prefillTokens != 0) {
            throw new IllegalStateException(
                    "%s in flight: %d requests, %d prompt tokens, %d prefill tokens (expected: 0)"
                            .formatted(endpoint, requests, promptTokens, prefillTokens));
        }
    }

    /** Gives each request the affinity key that a gateway would find in it. */
    static final class ReplayKeys {
        private static final String POOL = "replay";

        private final KeySource source;
        private final int addresses;
        private final SplittableRandom random;

        ReplayKeys(KeySource source, int addresses, long seed) {
            this.source = source;
            this.addresses = addresses;
            this.random = new SplittableRandom(seed);
        }

        AffinityKey key(LoadRequest request) {
            AffinityKey key = key(request.session(), request.prompt());
            return key == null ? AffinityKey.none(random.nextLong()) : key;
        }

        /** That of who sent it last; where nothing tells, one that is bound nowhere. */
        AffinityKey key(Shared shared) {
            AffinityKey key = key(shared.lastSession(), shared.call().prompt());
            return key == null ? AffinityKey.none(0) : key;
        }

        private @Nullable AffinityKey key(long session, PromptBlocks prompt) {
            return switch (source) {
                case SESSION, BODY_SESSION -> AffinityKey.of(POOL, source, "session-" + session);
                case CLIENT_IP -> AffinityKey.of(POOL, source, "address-" + session % addresses);
                case PROMPT_PREFIX ->
                    prompt.length() > 0 ? AffinityKey.promptPrefix(prompt.hash(prompt.length() - 1)) : null;
                case NONE -> null;
            };
        }
    }

    /**
     * Carries what the gateways of a replay tell each other: gathered for as long as the gateway gathers by default, and applied by all
     * others a delay later, in order. Nothing is lost.
     */
    static final class ReplaySharing {
        private static final long GATHER_NANOS = Duration.ofMillis(20).toNanos();
        private static final long HEARTBEAT_NANOS = Duration.ofMillis(500).toNanos();

        private final VirtualTime time;
        private final long delayNanos;
        private final List<Replication> members = new ArrayList<>();
        private long bytes;

        ReplaySharing(VirtualTime time, Duration delay) {
            this.time = time;
            this.delayNanos = delay.toNanos();
        }

        void join(Replication member) {
            members.add(member);
            member.onFact(new Runnable() {
                private boolean gathering;

                @Override
                public void run() {
                    if (!gathering) {
                        gathering = true;
                        time.at(time.now() + GATHER_NANOS, () -> {
                            gathering = false;
                            tell(member);
                        });
                    }
                }
            });
            heartbeat(member);
        }

        /** What all members have told so far; what goes to several counts once. */
        long bytes() {
            return bytes;
        }

        private void heartbeat(Replication member) {
            time.at(time.now() + HEARTBEAT_NANOS, () -> {
                tell(member);
                heartbeat(member);
            });
        }

        private void tell(Replication member) {
            String origin = Integer.toString(members.indexOf(member));
            for (byte[] message : member.gather()) {
                bytes += message.length;
                time.at(time.now() + delayNanos, () -> apply(member, origin, message));
            }
        }

        private void apply(Replication sender, String origin, byte[] message) {
            for (Replication member : members) {
                if (member != sender && !member.receive(origin, message)) {
                    throw new IllegalStateException("a message of gateway %s was not understood".formatted(origin));
                }
            }
        }
    }
}
