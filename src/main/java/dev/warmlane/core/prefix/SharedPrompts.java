package dev.warmlane.core.prefix;

import com.dynatrace.hash4j.hashing.Hashing;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.warmlane.core.prefix.PromptBeginning.PrefixCall;
import dev.warmlane.core.prefix.PromptBeginning.Sender;
import dev.warmlane.core.prefix.PromptBeginning.Shared;
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
    /** Of the bytes, what one request may take. */
    private static final int LARGEST_PART = 8;

    private static final double NANOS_PER_SECOND = 1e9;

    private final int leastSessions;
    private final long maxBytes;
    private final Ticker ticker;
    private final UseForecast forecast = new UseForecast();
    private final Cache<Long, PromptBeginning> beginnings;
    private final AtomicInteger kept = new AtomicInteger();

    /** Guarded by {@link #forecast}, as all that is written here. */
    private final SharedPart part = new SharedPart();

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
                .weigher((Long hash, PromptBeginning beginning) -> beginning.weight(leastSessions))
                .expireAfterAccess(ttl)
                .ticker(ticker)
                .executor(Runnable::run)
                .evictionListener(
                        (@Nullable Long hash, @Nullable PromptBeginning gone, RemovalCause cause) -> forgotten(gone))
                .build();
    }

    private void forgotten(@Nullable PromptBeginning gone) {
        if (gone != null && gone.isKept()) {
            kept.decrementAndGet();
        }
    }

    /**
     * A request has come.
     *
     * @param hashes of all of its prompt up to each end of a message, and of what comes before the messages, the shortest first
     * @param ends bytes up to each of these
     * @param bytes of the whole prompt
     * @return how many of these ends the beginning has that is to be {@linkplain #keep kept}: the longest that enough sessions have sent
     *     and that is not kept yet; 0: there is none, or it was tried often enough
     */
    public int used(long[] hashes, int[] ends, long bytes, Sender sender) {
        PromptBeginning[] used = new PromptBeginning[hashes.length];
        for (int i = 0; i < hashes.length; i++) {
            long head = i == 0 ? 0 : hashes[i - 1];
            used[i] = beginnings.get(hashes[i], hash -> new PromptBeginning(forecast, leastSessions, head));
        }
        double now = ticker.read() / NANOS_PER_SECOND;
        long shared = 0;
        int enough = 0;
        synchronized (forecast) {
            for (int i = 0; i < used.length; i++) {
                if (used[i].used(sender, now)) {
                    enough = i + 1;
                    shared = used[i].isKept() ? ends[i] : shared;
                }
            }
            part.add(shared, bytes);
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
        PromptBeginning sent = beginnings.get(same, made -> new PromptBeginning(forecast, leastSessions, 0));
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
                return new PromptBeginning(before, call);
            });
        }
    }

    /** Engines refuse the request that was kept of this beginning: it is forgotten, and none is kept again. */
    public void refused(long hash) {
        beginnings.asMap().computeIfPresent(hash, (key, before) -> {
            forgotten(before);
            return new PromptBeginning(before, null);
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
            return part.share();
        }
    }

    /** What is kept and expected to be sent again before long, the most frequent first; of two alike the shorter. */
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
            PromptBeginning beginning = beginnings.policy().getIfPresentQuietly(head);
            head = beginning == null ? 0 : beginning.head();
        } while (head != 0 && !kept.contains(head));
        return head;
    }

    /** Of the prompts lately, by bytes, how much sessions share. Not safe for concurrent use. */
    public static final class SharedPart {
        /** How much of the average one prompt is. */
        private static final double ONE_PROMPT = 0.01;

        private double bytes;
        private double sharedBytes;

        /** A prompt of so many bytes has come, of which the first are shared. */
        public void add(long sharedNow, long bytesNow) {
            bytes += ONE_PROMPT * (bytesNow - bytes);
            sharedBytes += ONE_PROMPT * (sharedNow - sharedBytes);
        }

        /** In [0, 1]; 0 before any came. */
        public double share() {
            return bytes == 0 ? 0 : Math.min(1, sharedBytes / bytes);
        }
    }
}
