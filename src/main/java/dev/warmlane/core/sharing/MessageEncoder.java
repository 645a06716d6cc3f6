package dev.warmlane.core.sharing;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.health.Drains.Drain;
import dev.warmlane.core.prefix.LearnedCapacity;
import dev.warmlane.core.prefix.PromptBlocks;
import dev.warmlane.core.prefix.reuse.ToldUse;
import dev.warmlane.core.routing.EndpointExperience;
import dev.warmlane.core.routing.PoolAverages;
import dev.warmlane.core.sharing.MessageWriter.RecordType;
import dev.warmlane.core.sharing.PoolShare.SharedLoad.Sums;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Turns facts into messages, each no longer than {@value #MAX_MESSAGE_BYTES} bytes. Not thread-safe. */
final class MessageEncoder implements SharedQuota.Teller {
    static final int MAX_MESSAGE_BYTES = 64 * 1024;

    /** Blocks of one record; longer chains take several. No record is longer. */
    private static final int MAX_BLOCKS = 4000;

    /** Endpoints of one record; each takes 36 bytes at most. */
    private static final int MAX_LOADS = 800;

    /** Sources of keys. */
    static final int SESSION = 0;

    static final int CLIENT_IP = 1;
    static final int BODY_SESSION = 2;

    private static final int FULL_BYTES = MAX_MESSAGE_BYTES - (MAX_BLOCKS + 8) * Long.BYTES;

    private final Consumer<byte[]> messages;
    private MessageWriter writer = new MessageWriter();

    /** @param messages takes each message once it is full, and the last at {@link #end} */
    MessageEncoder(Consumer<byte[]> messages) {
        this.messages = messages;
    }

    void fact(Fact fact) {
        if (fact instanceof Fact.Bound bound) {
            bound(bound.key(), bound.endpoint(), bound.order());
        } else if (fact instanceof Fact.Unbound unbound) {
            unbound(unbound.key(), unbound.endpoint());
        } else if (fact instanceof Fact.Placed placed) {
            PromptBlocks prompt = placed.prompt();
            long parent = placed.held() == 0 ? 0 : prompt.hash(placed.held() - 1);
            placed(placed.pool(), placed.endpoint(), parent, tail(prompt, placed.held()));
        } else if (fact instanceof Fact.Held held) {
            placed(held.pool(), held.endpoint(), 0, held.chain());
        } else if (fact instanceof Fact.Trimmed trimmed) {
            blocks(RecordType.TRIMMED, trimmed.pool(), trimmed.endpoint(), tail(trimmed.prompt(), trimmed.held()));
        } else if (fact instanceof Fact.Corrected corrected) {
            endpoint(corrected.pool(), corrected.endpoint()).real(corrected.missedBlocks());
            record(RecordType.CORRECTED);
        } else if (fact instanceof Fact.Emptied emptied) {
            endpoint(emptied.pool(), emptied.endpoint());
            record(RecordType.EMPTIED);
        } else if (fact instanceof Fact.Asked asked) {
            endpoint(asked.pool(), asked.endpoint()).fixed(asked.origin()).fixed(asked.last());
            record(RecordType.ASKED);
        } else if (fact instanceof Fact.Stored stored) {
            stored(stored.response(), stored.endpoint());
        } else if (fact instanceof Fact.Drained drained) {
            drained(drained.pool(), drained.endpoint(), drained.said());
        } else if (fact instanceof Fact.Used used) {
            used.told().forEach(told -> used(used.pool(), told));
        }
    }

    private void used(String pool, ToldUse told) {
        writer.fixed(MessageWriter.hash(pool));
        if (told instanceof ToldUse.Sent sent) {
            prompt(sent.prompt()).number(sent.beginnings().length);
            for (int beginning : sent.beginnings()) {
                writer.number(Integer.toUnsignedLong(beginning));
            }
            writer.number(sent.continued()).number(sent.threshold()).number(sent.at().length);
            for (int i = 0; i < sent.at().length; i++) {
                writer.number(sent.at()[i]).fixed(sent.blocks()[i]);
            }
            record(RecordType.USE_SENT);
        } else if (told instanceof ToldUse.Completed completed) {
            prompt(completed.prompt());
            unlessNull(completed.predicted());
            writer.number(completed.promptTokens()).number(completed.outputTokens());
            unlessNull(completed.cached());
            record(RecordType.USE_COMPLETED);
        }
    }

    private MessageWriter prompt(ToldUse.Prompt prompt) {
        return writer.fixed(prompt.key())
                .number(Integer.toUnsignedLong(prompt.endpoint()))
                .number(prompt.bytes())
                .number(prompt.length())
                .number(prompt.blockSizeBytes())
                .fixed(prompt.lastBlock())
                .real(prompt.bytesPerToken());
    }

    /** 0 stands for null. */
    private void unlessNull(@Nullable Long value) {
        writer.number(value == null ? 0 : value + 1);
    }

    void bound(AffinityKey key, EndpointId endpoint, long order) {
        key(key).reference(endpoint.hash()).number(order);
        record(RecordType.BOUND);
    }

    private void unbound(AffinityKey key, @Nullable EndpointId endpoint) {
        key(key);
        if (endpoint != null) {
            writer.reference(endpoint.hash());
        }
        record(RecordType.UNBOUND);
    }

    private void placed(String pool, EndpointId endpoint, long parent, long[] hashes) {
        long before = parent;
        int from = 0;
        do {
            int to = Math.min(hashes.length, from + MAX_BLOCKS);
            endpoint(pool, endpoint).fixed(before).fixed(hashes, from, to);
            record(RecordType.PLACED);
            before = to == 0 ? before : hashes[to - 1];
            from = to;
        } while (from < hashes.length);
    }

    /** @param type whose payload is an endpoint and blocks; they may be cut anywhere into pieces of even length */
    void blocks(RecordType type, String pool, EndpointId endpoint, long[] hashes) {
        for (int from = 0; from < hashes.length; from += MAX_BLOCKS) {
            endpoint(pool, endpoint).fixed(hashes, from, Math.min(hashes.length, from + MAX_BLOCKS));
            record(type);
        }
    }

    void load(RecordType type, String pool, Map<EndpointId, Sums> load) {
        List<Map.Entry<EndpointId, Sums>> all = List.copyOf(load.entrySet());
        RecordType next = type;
        int from = 0;
        do {
            int to = Math.min(all.size(), from + MAX_LOADS);
            load(next, pool, all.subList(from, to));
            // What comes after the first is added to it.
            next = RecordType.LOAD;
            from = to;
        } while (from < all.size());
    }

    private void load(RecordType type, String pool, List<Map.Entry<EndpointId, Sums>> part) {
        writer.reference(MessageWriter.hash(pool)).number(part.size());
        part.forEach(load -> writer.reference(load.getKey().hash())
                .number(load.getValue().requests())
                .number(load.getValue().promptTokens())
                .number(load.getValue().prefillTokens()));
        record(type);
    }

    void averages(String pool, PoolAverages averages) {
        writer.reference(MessageWriter.hash(pool))
                .real(averages.bytesPerToken())
                .real(averages.promptTokens())
                .real(averages.outputTokens())
                // Who does not know it skips it.
                .real(averages.turns());
        record(RecordType.AVERAGES);
    }

    void capacity(String pool, EndpointId endpoint, LearnedCapacity learned) {
        writer.fixed(MessageWriter.hash(pool))
                .fixed(endpoint.hash())
                .number(learned.statedBlocks())
                .real(learned.factor())
                .number(learned.corrections());
        record(RecordType.CAPACITY);
    }

    void experience(String pool, EndpointId endpoint, EndpointExperience seen) {
        writer.fixed(MessageWriter.hash(pool))
                .fixed(endpoint.hash())
                .number(seen.usualPromptTokens())
                .real(seen.speed())
                .number(seen.firstTokens())
                .number(seen.ageMillis());
        record(RecordType.EXPERIENCE);
    }

    void stored(long response, EndpointId endpoint) {
        writer.fixed(response).fixed(endpoint.hash());
        record(RecordType.STORED_RESPONSE);
    }

    void drained(String pool, EndpointId endpoint, Drain said) {
        writer.fixed(MessageWriter.hash(pool))
                .fixed(endpoint.hash())
                .oneByte(said.drained() ? 1 : 0)
                .number(said.atMillis());
        record(RecordType.DRAINED);
    }

    void ranks(String pool, Map<EndpointId, Integer> ranks) {
        ranks.forEach((server, number) -> {
            writer.fixed(MessageWriter.hash(pool)).fixed(server.hash()).number(number);
            record(RecordType.RANKS);
        });
    }

    @Override
    public void taken(SharedQuota.Taken taken) {
        client(taken.client(), taken.limits()).number(taken.requests()).fixed(taken.tokens());
        record(RecordType.TAKEN);
    }

    void account(SharedQuota.Account account) {
        client(account.client(), account.limits())
                .number(account.missingRequests())
                .number(account.missingTokens())
                .number(account.requestsInLastMinute());
        record(RecordType.ACCOUNT);
    }

    @Override
    public void round(long round) {
        writer.number(round);
        record(RecordType.ROUND);
    }

    @Override
    public void heard(long origin, long round) {
        writer.fixed(origin).number(round);
        record(RecordType.HEARD);
    }

    private MessageWriter client(long client, SharedQuota.Limits limits) {
        return writer.fixed(client).number(limits.requestsPerMinute()).number(limits.tokensPerMinute());
    }

    /** The first page last: whoever gets it has the others. */
    void bulletin(List<byte[]> pages) {
        for (int number = 1; number < pages.size(); number++) {
            writer.number(number).rest(pages.get(number));
            record(RecordType.LATER_PAGE);
        }
        writer.rest(pages.get(0));
        record(RecordType.BULLETIN);
    }

    /** @param digests by the names of groups, each of at most 255 bytes */
    void settings(Map<String, Long> digests) {
        digests.forEach((group, digest) -> {
            byte[] name = group.getBytes(StandardCharsets.UTF_8);
            writer.fixed(digest).oneByte(name.length);
            for (byte each : name) {
                writer.oneByte(each);
            }
        });
        record(RecordType.SETTINGS);
    }

    void incomplete() {
        record(RecordType.INCOMPLETE);
    }

    void end() {
        if (!writer.isEmpty()) {
            messages.accept(writer.toBytes());
            writer = new MessageWriter();
        }
    }

    private MessageWriter key(AffinityKey key) {
        int source = switch (key.source()) {
            case SESSION -> SESSION;
            case BODY_SESSION -> BODY_SESSION;
            default -> CLIENT_IP;
        };
        return writer.oneByte(source).fixed(key.hash());
    }

    private MessageWriter endpoint(String pool, EndpointId endpoint) {
        return writer.reference(MessageWriter.hash(pool)).reference(endpoint.hash());
    }

    private void record(RecordType type) {
        writer.record(type);
        if (writer.length() > FULL_BYTES) {
            end();
        }
    }

    private static long[] tail(PromptBlocks prompt, int from) {
        long[] hashes = new long[Math.max(0, prompt.length() - from)];
        for (int i = 0; i < hashes.length; i++) {
            hashes[i] = prompt.hash(from + i);
        }
        return hashes;
    }
}
