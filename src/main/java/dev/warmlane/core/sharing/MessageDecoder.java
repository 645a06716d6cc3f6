package dev.warmlane.core.sharing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.StoredResponses;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.sharing.MessageReader.MalformedMessageException;
import dev.warmlane.core.sharing.MessageWriter.RecordType;
import dev.warmlane.core.sharing.SharedQuota.Account;
import dev.warmlane.core.sharing.SharedQuota.Limits;
import dev.warmlane.core.sharing.SharedQuota.Taken;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Applies messages of other replicas to what is shared here. Believes no number: what does not fit is skipped and counted. Safe
 * for concurrent use.
 */
final class MessageDecoder {
    /** Of one binding; more than any has, and what is counted on from there never overflows. */
    private static final long MOST_MOVES = 1L << 40;

    private final SharedState shared;
    private final Consumer<String> onIncomplete;
    private final LongAdder skipped = new LongAdder();
    private final LongAdder unknownEndpoints = new LongAdder();
    private final PoolRecords poolRecords;

    MessageDecoder(SharedState shared, Consumer<String> onIncomplete) {
        this.shared = shared;
        this.onIncomplete = onIncomplete;
        this.poolRecords = new PoolRecords(shared, skipped, unknownEndpoints);
    }

    /** Messages and records that were not understood. */
    long skipped() {
        return skipped.sum();
    }

    /** Records of an endpoint or a pool that is unknown here. */
    long unknownEndpoints() {
        return unknownEndpoints.sum();
    }

    /** Placements of prompts whose beginning was unknown here. */
    long unknownBeginnings() {
        return poolRecords.unknownBeginnings();
    }

    boolean decode(String origin, byte[] message) {
        MessageReader reader = new MessageReader(message);
        try {
            if (reader.oneByte() != MessageWriter.VERSION) {
                skipped.increment();
                return false;
            }
            while (reader.hasMore()) {
                int code = reader.oneByte();
                int length = reader.count(message.length);
                int end = reader.position() + length;
                RecordType type = RecordType.of(code);
                if (type == null) {
                    skipped.increment();
                } else {
                    record(origin, type, reader, end);
                }
                // A later version may have more to say in a record that is known here.
                reader.skipTo(end);
            }
            return true;
        } catch (MalformedMessageException e) {
            skipped.increment();
            return false;
        }
    }

    private void record(String origin, RecordType type, MessageReader reader, int end) {
        switch (type) {
            case BOUND -> bound(reader);
            case UNBOUND -> unbound(reader, end);
            case STORED_RESPONSE -> stored(reader.fixed(), anywhere(reader.fixed()));
            case TAKEN ->
                shared.quota()
                        .takenElsewhere(new Taken(
                                reader.fixed(), limits(reader), reader.count(Integer.MAX_VALUE), reader.fixed()));
            case ACCOUNT ->
                shared.quota()
                        .known(new Account(
                                reader.fixed(),
                                limits(reader),
                                reader.atLeastZero(),
                                reader.atLeastZero(),
                                reader.atLeastZero()));
            case ROUND -> shared.quota().told(origin, reader.atLeastZero());
            case HEARD -> heard(origin, reader.fixed(), reader.atLeastZero());
            case INCOMPLETE -> onIncomplete.accept(origin);
            case DRAINED, RANKS, USE_SENT, USE_COMPLETED, CAPACITY, EXPERIENCE ->
                poolRecords.apply(origin, type, pool(reader.fixed()), reader, end);
            case LATER_PAGE ->
                shared.laterPage(origin, (int) reader.between(1, SharedState.MAX_PAGES - 1), reader.upTo(end));
            case BULLETIN -> shared.posted(origin, reader.upTo(end));
            case SETTINGS -> settings(origin, reader, end);
            // Those of the first version.
            default -> poolRecords.apply(origin, type, pool(reader.reference()), reader, end);
        }
    }

    private void bound(MessageReader reader) {
        AffinityKey key = key(reader);
        EndpointId endpoint = anywhere(reader.reference());
        long order = reader.between(1, MOST_MOVES);
        if (endpoint != null) {
            shared.table().merge(key, endpoint, order);
        }
    }

    private void unbound(MessageReader reader, int end) {
        AffinityKey key = key(reader);
        if (reader.position() == end) {
            shared.table().release(key);
            return;
        }
        EndpointId endpoint = anywhere(reader.reference());
        if (endpoint != null) {
            shared.table().release(key, endpoint);
        }
    }

    private void stored(long response, @Nullable EndpointId endpoint) {
        StoredResponses responses = shared.responses();
        if (responses != null && endpoint != null) {
            responses.merge(response, endpoint);
        }
    }

    private void heard(String origin, long whom, long round) {
        if (shared.isSelf(whom)) {
            shared.quota().heard(origin, round);
        }
    }

    private void settings(String origin, MessageReader reader, int end) {
        Map<String, Long> digests = new HashMap<>();
        while (reader.position() < end) {
            long digest = reader.fixed();
            int length = reader.oneByte();
            byte[] name = reader.upTo(reader.position() + length);
            digests.put(new String(name, StandardCharsets.UTF_8), digest);
        }
        shared.settings(origin, digests);
    }

    private static Limits limits(MessageReader reader) {
        return new Limits(reader.atLeastZero(), reader.atLeastZero());
    }

    private static AffinityKey key(MessageReader reader) {
        KeySource source = switch (reader.oneByte()) {
            case MessageEncoder.SESSION -> KeySource.SESSION;
            case MessageEncoder.BODY_SESSION -> KeySource.BODY_SESSION;
            default -> KeySource.CLIENT_IP;
        };
        return new AffinityKey(source, reader.fixed());
    }

    private @Nullable PoolShare pool(long hash) {
        for (PoolShare pool : shared.pools()) {
            if (MessageWriter.hash(pool.name()) == hash) {
                return pool;
            }
        }
        return null;
    }

    /** The endpoint in whatever pool: a key does not say which it belongs to. */
    private @Nullable EndpointId anywhere(long hash) {
        for (PoolShare pool : shared.pools()) {
            EndpointId endpoint = pool.find(hash);
            if (endpoint != null) {
                return endpoint;
            }
        }
        unknownEndpoints.increment();
        return null;
    }
}
