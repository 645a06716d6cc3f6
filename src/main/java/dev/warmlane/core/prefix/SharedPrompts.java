package dev.warmlane.core.prefix;

import com.dynatrace.hash4j.hashing.Hashing;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The beginnings of prompts that several sessions have sent, each with a request that has an engine compute it: what an empty
 * cache is to be given. A beginning ends where a message ends. Of one that too few have sent, only its hash, how often it came and
 * hashes of its sessions are kept; of a request nothing, before as many have sent the same bytes. Bounded in bytes; what is not
 * sent any more is dropped after a time. Safe for concurrent use; locks are held for a few additions.
 */
public final class SharedPrompts {
    /** What comes less often than four times an hour is left to those who ask for it. */
    private static final double WORTH_WARMING_PER_SECOND = 1 / 900.0;

    /** Of an entry without a request, about. */
    private static final int ENTRY_BYTES = 500;

    /** Of the bytes, what one request may take. */
    private static final int LARGEST_PART = 8;

    private static final double NANOS_PER_SECOND = 1e9;

    /** So often, one after the other, a request is asked for that may be the same as others to the byte. */
    private static final int FIRST_TRIES = 32;

    /** After that, once in so many uses: making one reads the whole body, and where clients write bodies in ways of their own it is in vain. */
    private static final int USES_A_TRY = 64;

    /** How much of an average over requests one of them is. */
    private static final double ONE_REQUEST = 0.01;

    private final int leastSessions;
    private final long maxBytes;
    private final Ticker ticker;
    private final UseForecast forecast = new UseForecast();
    private final Cache<Long, Beginning> beginnings;
    private final AtomicInteger kept = new AtomicInteger();

    /** Guarded by {@link #forecast}, as all that is written here. */
    private double promptBytes;

    private double sharedBytes;

    /**
     * Nothing is known yet.
     *
     * @param leastSessions that must have sent a beginning before it is kept, at least 2
     * @param maxBytes that all of it may take, about
     * @param ttl after its last use a beginning is dropped
     */
    public SharedPrompts(int leastSessions, long maxBytes, Duration ttl, Ticker ticker) {
        this.leastSessions = leastSessions;
        this.maxBytes = maxBytes;
        this.ticker = ticker;
        this.beginnings = Caffeine.newBuilder()
                .maximumWeight(maxBytes)
                .weigher((Long hash, Beginning beginning) -> beginning.weight())
                .expireAfterAccess(ttl)
                .ticker(ticker)
                .executor(Runnable::run)
                .evictionListener(
                        (@Nullable Long hash, @Nullable Beginning gone, RemovalCause cause) -> forgotten(gone))
                .build();
    }

    private void forgotten(@Nullable Beginning gone) {
        if (gone != null && gone.request != null) {
            kept.decrementAndGet();
        }
    }

    /**
     * Who sends a prompt, as hashes.
     *
     * @param session whatever tells sessions apart; 0 where nothing does: then it shares nothing
     * @param address of the client; 0 where that tells nothing. Where addresses do, sessions of a single one share nothing
     */
    public record Sender(long session, long address) {}

    /**
     * What has an engine compute a beginning.
     *
     * @param path of the request
     * @param body of it; not to be changed
     * @param prompt the full blocks of the beginning
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    public record PrefixCall(String path, byte[] body, PromptBlocks prompt) {}

    /**
     * A beginning that several sessions share, as it was when asked for.
     *
     * @param hash of its messages
     * @param call has an engine compute it
     * @param perSecond how often another session than the one before is expected to send it
     * @param ownPerSecond of these, how often without going on as a longer one that is kept
     * @param lastSession who sent it last; 0 where nothing told
     */
    public record Shared(long hash, PrefixCall call, double perSecond, double ownPerSecond, long lastSession) {
        private Shared without(double longerPerSecond) {
            return new Shared(hash, call, perSecond, Math.max(0, perSecond - longerPerSecond), lastSession);
        }
    }

    /**
     * A request has come.
     *
     * @param hashes of all of its prompt up to each end of a message, and of what comes before the messages, the shortest first
     * @param ends bytes up to each of these
     * @param bytes of the whole prompt
     * @return how many of these ends lie in what is to be {@linkplain #keep kept}, as enough sessions have sent all up to the last of
     *     them and it is not yet; 0: none, or it has been tried often enough
     */
    public int used(long[] hashes, int[] ends, long bytes, Sender sender) {
        Beginning[] used = new Beginning[hashes.length];
        for (int i = 0; i < hashes.length; i++) {
            long head = i == 0 ? 0 : hashes[i - 1];
            used[i] = beginnings.get(hashes[i], hash -> new Beginning(leastSessions, head));
        }
        double now = ticker.read() / NANOS_PER_SECOND;
        long shared = 0;
        int enough = 0;
        synchronized (forecast) {
            for (int i = 0; i < used.length; i++) {
                if (used[i].used(sender, now)) {
                    enough = i + 1;
                    shared = used[i].request == null ? shared : ends[i];
                }
            }
            promptBytes += ONE_REQUEST * (bytes - promptBytes);
            sharedBytes += ONE_REQUEST * (shared - sharedBytes);
            // What more have sent begins what fewer have.
            while (enough > 0 && !used[enough - 1].takesTurn()) {
                enough--;
            }
        }
        return enough;
    }

    /**
     * Keeps the request that has an engine compute a beginning, once as many have sent the same one. One that takes more than an
     * eighth of all bytes is not kept.
     *
     * @param hash of the beginning
     * @param call null if there is none, which is not asked for again
     */
    public void keep(long hash, @Nullable PrefixCall call, Sender sender) {
        if (call == null || call.body().length > maxBytes / LARGEST_PART) {
            refused(hash);
            return;
        }
        long same = hash ^ Hashing.xxh3_64().hashBytesToLong(call.body());
        Beginning sent = beginnings.get(same, made -> new Beginning(leastSessions, 0));
        boolean enough;
        synchronized (forecast) {
            enough = sent.used(sender, ticker.read() / NANOS_PER_SECOND);
        }
        if (enough) {
            beginnings.asMap().computeIfPresent(hash, (key, before) -> {
                if (!before.isOpen()) {
                    return before;
                }
                kept.incrementAndGet();
                return new Beginning(before, call);
            });
        }
    }

    /** Engines refuse the request that was kept of this beginning: it is forgotten, and none is kept again. */
    public void refused(long hash) {
        beginnings.asMap().computeIfPresent(hash, (key, before) -> {
            forgotten(before);
            return new Beginning(before, null);
        });
    }

    /** Whether anything is kept. */
    public boolean isEmpty() {
        return kept.get() <= 0;
    }

    /** What it takes of its bytes, about. */
    public long bytes() {
        return beginnings.policy().eviction().orElseThrow().weightedSize().orElse(0);
    }

    /** Of the prompts lately, by bytes, how much is in beginnings that are kept; in [0, 1], 0 before any came. */
    public double share() {
        synchronized (forecast) {
            return promptBytes == 0 ? 0 : Math.min(1, sharedBytes / promptBytes);
        }
    }

    /** What is kept and expected to be sent again before long, the most frequent first; of two, the shorter one. */
    public List<Shared> best() {
        double now = ticker.read() / NANOS_PER_SECOND;
        Map<Long, Shared> all = new HashMap<>();
        beginnings.asMap().forEach((hash, beginning) -> {
            Shared shared = beginning.shared(hash, now);
            if (shared != null) {
                all.put(hash, shared);
            }
        });
        Map<Long, Double> longer = new HashMap<>();
        all.values()
                .forEach(shared ->
                        longer.merge(headAmong(all.keySet(), shared.hash()), shared.perSecond(), Double::sum));
        return all.values().stream()
                .map(shared -> shared.without(longer.getOrDefault(shared.hash(), 0.0)))
                .sorted(Comparator.comparingDouble(Shared::perSecond)
                        .reversed()
                        .thenComparingLong(shared -> shared.call().prompt().bytes()))
                .toList();
    }

    /** The longest of these that the beginning goes on from; 0 if there is none. */
    private long headAmong(Set<Long> kept, long hash) {
        long head = hash;
        do {
            Beginning beginning = beginnings.policy().getIfPresentQuietly(head);
            head = beginning == null ? 0 : beginning.head;
        } while (head != 0 && !kept.contains(head));
        return head;
    }

    /** Guarded by the forecast's lock, but for what does not change. */
    private final class Beginning {
        private final UseForecast.Uses uses;
        private final @Nullable PrefixCall request;
        private final boolean closed;
        /** The hash of the beginning that ends a message earlier; 0: none. */
        private final long head;

        /** Those that have sent it, no more than need be; null once they are enough. */
        private long @Nullable [] sessions;

        private long address;
        private boolean severalAddresses;
        private long lastSession;
        private int tries;

        Beginning(int sessions, long head) {
            this.head = head;
            this.uses = new UseForecast.Uses();
            this.request = null;
            this.closed = false;
            this.sessions = new long[sessions];
        }

        /** @param request null: there will be none */
        Beginning(Beginning before, @Nullable PrefixCall request) {
            this.uses = before.uses;
            this.head = before.head;
            this.request = request;
            this.closed = request == null;
            this.lastSession = before.lastSession;
        }

        /** Whether a request may be kept. */
        boolean isOpen() {
            return request == null && !closed;
        }

        int weight() {
            return ENTRY_BYTES
                    + leastSessions * Long.BYTES
                    + (request == null ? 0 : request.body.length + request.prompt.length() * Long.BYTES);
        }

        /** Null if nothing is kept, or it is not expected before long. */
        @Nullable
        Shared shared(long hash, double nowSeconds) {
            synchronized (forecast) {
                double perSecond = request == null ? 0 : forecast.perSecond(uses, nowSeconds);
                return request == null || perSecond < WORTH_WARMING_PER_SECOND
                        ? null
                        : new Shared(hash, request, perSecond, perSecond, lastSession);
            }
        }

        /** Whether a request may be kept, and it is worth making one now. */
        boolean takesTurn() {
            return sessions == null && isOpen() && (tries++ < FIRST_TRIES || tries % USES_A_TRY == 0);
        }

        /** Whether enough have sent it. */
        boolean used(Sender sender, double nowSeconds) {
            // The next turn of a session finds what its last one left.
            if (sender.session == 0 || sender.session != lastSession) {
                forecast.used(uses, nowSeconds);
            }
            lastSession = sender.session;
            long[] sent = sessions;
            if (sent != null && sender.session != 0) {
                note(sent, sender);
            }
            return sessions == null;
        }

        private void note(long[] sent, Sender sender) {
            boolean isFirst = sent[0] == 0;
            severalAddresses |= sender.address == 0 || (!isFirst && sender.address != address);
            address = sender.address;
            int known = 0;
            while (known < sent.length && sent[known] != 0 && sent[known] != sender.session) {
                known++;
            }
            if (known < sent.length) {
                sent[known] = sender.session;
            }
            if (severalAddresses && sent[sent.length - 1] != 0) {
                sessions = null;
            }
        }
    }
}
