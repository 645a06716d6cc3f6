package dev.warmlane.core.sharing;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.Drains.Drain;
import dev.warmlane.core.prefix.LearnedCapacity;
import dev.warmlane.core.prefix.reuse.ToldUse;
import dev.warmlane.core.routing.EndpointExperience;
import dev.warmlane.core.routing.PoolAverages;
import dev.warmlane.core.sharing.MessageReader.MalformedMessageException;
import dev.warmlane.core.sharing.MessageWriter.RecordType;
import dev.warmlane.core.sharing.PoolShare.SharedLoad.Sums;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Applies what other replicas' records say of one pool. Believes no number. Safe for concurrent use. */
final class PoolRecords {
    /** Endpoints that one record may name; more than any pool has. */
    private static final int MAX_ENDPOINTS = 100_000;

    /** In flight at one endpoint; more than there are, and a hundred replicas' sum is a number still. */
    private static final int MAX_REQUESTS = 1 << 24;

    /** The end of the year 9999: whatever an operator says counts as later than what was said. */
    private static final long LAST_MILLIS = 253_402_300_799_999L;

    /** Of one endpoint's capacity; more than there are, and what is counted on from there never overflows. */
    private static final long MOST_CORRECTIONS = 1L << 40;

    /** Blocks by which prompts are compared; more than there are. */
    private static final int MAX_BEGINNINGS = 1024;

    /** A beginning that is asked for is not asked for again so soon. */
    private static final Duration ASK_AGAIN = Duration.ofSeconds(5);

    private static final long MAX_ASKED = 1024;

    private final SharedState shared;
    private final LongAdder skipped;
    private final LongAdder unknownEndpoints;
    private final LongAdder beginnings = new LongAdder();
    private final Cache<Long, Boolean> asked = Caffeine.newBuilder()
            .maximumSize(MAX_ASKED)
            .expireAfterWrite(ASK_AGAIN)
            .build();

    /**
     * @param skipped counts those of an unknown kind
     * @param unknownEndpoints counts those of an unknown endpoint or pool
     */
    PoolRecords(SharedState shared, LongAdder skipped, LongAdder unknownEndpoints) {
        this.shared = shared;
        this.skipped = skipped;
        this.unknownEndpoints = unknownEndpoints;
    }

    /** Placements whose prompt's beginning was unknown here. */
    long unknownBeginnings() {
        return beginnings.sum();
    }

    /**
     * @param pool null: one that is unknown here
     * @param end of the record
     */
    void apply(String origin, RecordType type, @Nullable PoolShare pool, MessageReader reader, int end) {
        switch (type) {
            case LOAD, WHOLE_LOAD -> load(origin, type, pool, reader);
            case AVERAGES -> averages(pool, reader, end);
            case DRAINED ->
                drained(pool, reader.fixed(), new Drain(reader.oneByte() == 1, reader.between(0, LAST_MILLIS)));
            case RANKS -> ranks(pool, reader.fixed(), reader.count(EndpointPool.MAX_RANKS));
            case USE_SENT, USE_COMPLETED -> used(origin, type, pool, reader);
            default -> {
                boolean isFixed = type == RecordType.CAPACITY || type == RecordType.EXPERIENCE;
                long hash = isFixed ? reader.fixed() : reader.reference();
                EndpointId endpoint = pool == null ? null : pool.find(hash);
                if (pool == null || endpoint == null) {
                    unknownEndpoints.increment();
                } else {
                    ofEndpoint(origin, type, pool, endpoint, reader);
                }
            }
        }
    }

    private void ofEndpoint(String origin, RecordType type, PoolShare pool, EndpointId endpoint, MessageReader reader) {
        switch (type) {
            case PLACED -> placed(origin, pool, endpoint, reader);
            case TRIMMED -> pool.index().forget(endpoint, reader.fixedArray());
            case CORRECTED -> corrected(pool, endpoint, reader.real());
            case EMPTIED -> pool.index().emptied(endpoint);
            case ASKED -> asked(pool, endpoint, reader.fixed(), reader.fixed());
            case DUMP -> dump(pool, endpoint, reader.fixedArray());
            case CAPACITY -> pool.index().adopt(endpoint, capacity(reader));
            case EXPERIENCE -> pool.adopt(endpoint, experience(reader));
            default -> skipped.increment();
        }
    }

    private void placed(String origin, PoolShare pool, EndpointId endpoint, MessageReader reader) {
        long parent = reader.fixed();
        if (!pool.index().append(endpoint, parent, reader.fixedArray())) {
            beginnings.increment();
            long question = parent ^ endpoint.hash();
            if (asked.asMap().putIfAbsent(question, Boolean.TRUE) == null) {
                shared.facts().add(new Fact.Asked(pool.name(), endpoint, MessageWriter.hash(origin), parent));
            }
        }
    }

    /** Whoever told of it is asked, and knows the beginning unless it was evicted meanwhile. */
    private void asked(PoolShare pool, EndpointId endpoint, long whom, long last) {
        if (shared.isSelf(whom)) {
            long[] chain = pool.index().chain(endpoint, last);
            if (chain.length > 0) {
                shared.facts().add(new Fact.Held(pool.name(), endpoint, chain));
            }
        }
    }

    private static void corrected(PoolShare pool, EndpointId endpoint, double missedBlocks) {
        if (Double.isFinite(missedBlocks)) {
            pool.index().correct(endpoint, missedBlocks);
        }
    }

    private static void dump(PoolShare pool, EndpointId endpoint, long[] dump) {
        if (dump.length % 2 != 0) {
            throw new MalformedMessageException("an odd dump");
        }
        pool.index().load(endpoint, dump);
    }

    private void load(String origin, RecordType type, @Nullable PoolShare pool, MessageReader reader) {
        int count = reader.count(MAX_ENDPOINTS);
        Map<EndpointId, Sums> told = new HashMap<>();
        for (int i = 0; i < count; i++) {
            long hash = reader.reference();
            Sums sums = new Sums(reader.count(MAX_REQUESTS), tokens(reader), tokens(reader));
            EndpointId endpoint = pool == null ? null : pool.find(hash);
            if (endpoint == null) {
                unknownEndpoints.increment();
            } else {
                told.put(endpoint, sums);
            }
        }
        if (pool == null) {
            return;
        }
        if (type == RecordType.WHOLE_LOAD) {
            pool.sharedLoad().toldAll(origin, told);
        } else {
            told.forEach((endpoint, sums) -> pool.sharedLoad().told(origin, endpoint, sums));
        }
    }

    private static long tokens(MessageReader reader) {
        return reader.between(0, ToldUse.MOST_COUNTED);
    }

    private static LearnedCapacity capacity(MessageReader reader) {
        return new LearnedCapacity(
                reader.between(1, Integer.MAX_VALUE), reader.finite(), reader.between(0, MOST_CORRECTIONS));
    }

    private static EndpointExperience experience(MessageReader reader) {
        return new EndpointExperience(
                tokens(reader),
                reader.finite(),
                reader.count(EndpointExperience.MOST_FIRST_TOKENS),
                reader.between(0, Integer.MAX_VALUE));
    }

    private static void averages(@Nullable PoolShare pool, MessageReader reader, int end) {
        double bytesPerToken = reader.real();
        double promptTokens = reader.real();
        double outputTokens = reader.real();
        // Version 0.2.0 does not tell it.
        double turns = reader.position() < end ? reader.real() : 0;
        PoolAverages averages = pool == null ? null : pool.averages();
        if (averages != null) {
            averages.adopt(bytesPerToken, promptTokens, outputTokens, turns);
        }
    }

    private void drained(@Nullable PoolShare pool, long hash, Drain said) {
        EndpointId endpoint = pool == null ? null : pool.findServer(hash);
        if (pool == null || endpoint == null) {
            unknownEndpoints.increment();
        } else {
            pool.drained(endpoint, said);
        }
    }

    private void ranks(@Nullable PoolShare pool, long hash, int number) {
        EndpointId server = pool == null ? null : pool.findServer(hash);
        if (pool == null || server == null) {
            unknownEndpoints.increment();
        } else if (number > 0) {
            pool.ranks(server, number);
        }
    }

    private void used(String origin, RecordType type, @Nullable PoolShare pool, MessageReader reader) {
        ToldUse told = type == RecordType.USE_SENT ? useSent(reader) : useCompleted(reader);
        if (!told.isSound()) {
            throw new MalformedMessageException("a prompt that cannot be");
        }
        if (pool == null) {
            unknownEndpoints.increment();
        } else {
            pool.heard(origin, told);
        }
    }

    private static ToldUse useSent(MessageReader reader) {
        ToldUse.Prompt prompt = prompt(reader);
        int[] beginnings = new int[reader.count(MAX_BEGINNINGS)];
        for (int i = 0; i < beginnings.length; i++) {
            beginnings[i] = (int) reader.number();
        }
        int continued = reader.count(Integer.MAX_VALUE);
        long threshold = reader.number();
        int sampled = reader.count(ToldUse.MOST_SAMPLED);
        int[] at = new int[sampled];
        long[] blocks = new long[sampled];
        for (int i = 0; i < sampled; i++) {
            at[i] = reader.count(Integer.MAX_VALUE);
            blocks[i] = reader.fixed();
        }
        return new ToldUse.Sent(prompt, beginnings, continued, threshold, at, blocks);
    }

    private static ToldUse useCompleted(MessageReader reader) {
        ToldUse.Prompt prompt = prompt(reader);
        Long predicted = unlessNull(reader);
        return new ToldUse.Completed(prompt, predicted, reader.atLeastZero(), reader.atLeastZero(), unlessNull(reader));
    }

    private static ToldUse.Prompt prompt(MessageReader reader) {
        return new ToldUse.Prompt(
                reader.fixed(),
                (int) reader.number(),
                reader.atLeastZero(),
                reader.count(Integer.MAX_VALUE),
                reader.count(Integer.MAX_VALUE),
                reader.fixed(),
                reader.real());
    }

    private static @Nullable Long unlessNull(MessageReader reader) {
        long value = reader.atLeastZero();
        return value == 0 ? null : (Long) (value - 1);
    }
}
