package dev.warmlane.core.routing;

import dev.warmlane.core.admission.Ticket.Capacity;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointSnapshot;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * What this gateway has in flight at each endpoint: requests, their prompt tokens, and the uncached tokens whose first byte
 * has not come back. Exact and immediate, unlike anything an engine reports of itself. Safe for concurrent use.
 */
public final class InFlight {
    private static final Counters NOTHING = new Counters();

    private final ConcurrentHashMap<EndpointId, Counters> byEndpoint = new ConcurrentHashMap<>();
    private final int maxRequests;
    private volatile Runnable onClose = () -> {};

    private volatile Runnable onChange = () -> {};

    /** Counts without a limit. */
    public InFlight() {
        this(Integer.MAX_VALUE);
    }

    /** @param maxRequests that one endpoint may have in flight, at least 1 */
    public InFlight(int maxRequests) {
        this.maxRequests = maxRequests;
    }

    /** Requests that one endpoint may have in flight. */
    public int maxRequests() {
        return maxRequests;
    }

    /** Calls this after each lease that was closed, on the thread that did; instead of what was called before. */
    public void onClose(Runnable listener) {
        onClose = listener;
    }

    /** Calls this after each change of a count, on the thread that made it. */
    public void onChange(Runnable listener) {
        onChange = listener;
    }

    void changed() {
        onChange.run();
    }

    /**
     * Counts a request at an endpoint until the lease is closed, unless the endpoint is full.
     *
     * @param promptTokens tokens of its prompt
     * @param uncachedTokens tokens that the endpoint has to compute before the first byte
     * @return null if the endpoint has as many requests as it may
     */
    public @Nullable Lease open(EndpointId endpoint, long promptTokens, long uncachedTokens) {
        boolean[] full = {false};
        // In one step with retire, so that a count never lands in counters that were just dropped.
        Counters counters = byEndpoint.compute(endpoint, (id, existing) -> {
            Counters opened = existing == null ? new Counters() : existing;
            if (opened.requests.get() < maxRequests) {
                // It is back. Whoever sends to one that has left has it retired again.
                opened.retired = false;
                opened.requests.incrementAndGet();
                opened.sentRequests.incrementAndGet();
            } else {
                full[0] = true;
            }
            return opened;
        });
        if (full[0]) {
            return null;
        }
        counters.promptTokens.addAndGet(promptTokens);
        counters.sentPromptTokens.addAndGet(promptTokens);
        counters.prefillTokens.addAndGet(uncachedTokens);
        changed();
        return new Lease(this, endpoint, counters, promptTokens, uncachedTokens);
    }

    /** Whether the endpoint has as many requests in flight as it may. */
    public boolean isFull(EndpointId endpoint) {
        return requests(endpoint) >= maxRequests;
    }

    /** Which of these endpoints can take one more request. */
    Capacity capacity(EndpointSnapshot snapshot) {
        Set<EndpointId> open = new HashSet<>();
        for (Endpoint endpoint : snapshot.selectable()) {
            if (!isFull(endpoint.id())) {
                open.add(endpoint.id());
            }
        }
        Set<EndpointId> boundOnly = new HashSet<>();
        Set<EndpointId> full = new HashSet<>();
        for (Endpoint endpoint : snapshot.endpoints()) {
            EndpointId id = endpoint.id();
            if (endpoint.state().acceptsBound() && !open.contains(id)) {
                (isFull(id) ? full : boundOnly).add(id);
            }
        }
        return new Capacity(open, boundOnly, full, snapshot.endpoints().size());
    }

    /** Requests in flight. */
    public int requests(EndpointId endpoint) {
        return counters(endpoint).requests.get();
    }

    /** Prompt tokens of the requests in flight. */
    public long promptTokens(EndpointId endpoint) {
        return counters(endpoint).promptTokens.get();
    }

    /** Uncached prompt tokens of the requests whose first byte has not come back. */
    public long prefillTokens(EndpointId endpoint) {
        return counters(endpoint).prefillTokens.get();
    }

    /** Requests that were sent there since it came, those in flight included. */
    public long sentRequests(EndpointId endpoint) {
        return counters(endpoint).sentRequests.get();
    }

    /** Prompt tokens of those requests. */
    public long sentPromptTokens(EndpointId endpoint) {
        return counters(endpoint).sentPromptTokens.get();
    }

    /** Drops the counters of an endpoint that left; if it still has requests, with the last of them. */
    public void retire(EndpointId endpoint) {
        byEndpoint.computeIfPresent(endpoint, (id, counters) -> {
            counters.retired = true;
            return counters.requests.get() == 0 ? null : counters;
        });
    }

    void closed(EndpointId endpoint, Counters closedAt) {
        if (closedAt.requests.decrementAndGet() == 0 && closedAt.retired) {
            retire(endpoint);
        }
        changed();
        onClose.run();
    }

    private Counters counters(EndpointId endpoint) {
        return byEndpoint.getOrDefault(endpoint, NOTHING);
    }

    static final class Counters {
        final AtomicInteger requests = new AtomicInteger();
        final AtomicLong promptTokens = new AtomicLong();
        final AtomicLong prefillTokens = new AtomicLong();
        final AtomicLong sentRequests = new AtomicLong();
        final AtomicLong sentPromptTokens = new AtomicLong();
        volatile boolean retired;
    }

    /**
     * One request's share of an endpoint's load. Ends on complete, error and cancel alike; every transition happens once however
     * often it is asked for, from whatever thread.
     */
    public static final class Lease {
        private static final int PREFILL = 0;
        private static final int DECODE = 1;
        private static final int CLOSED = 2;

        private static final AtomicLongFieldUpdater<Lease> MORE =
                AtomicLongFieldUpdater.newUpdater(Lease.class, "moreTokens");

        private final InFlight inFlight;
        private final EndpointId endpoint;
        private final InFlight.Counters counters;
        private final long promptTokens;
        private final long uncachedTokens;
        /** What is to be computed besides, until somebody takes it back. */
        private volatile long moreTokens;

        private @Nullable Runnable onClose;
        private @Nullable Runnable onPrefilled;
        private final AtomicInteger phase = new AtomicInteger(PREFILL);

        Lease(
                InFlight inFlight,
                EndpointId endpoint,
                InFlight.Counters counters,
                long promptTokens,
                long uncachedTokens) {
            this.inFlight = inFlight;
            this.endpoint = endpoint;
            this.counters = counters;
            this.promptTokens = promptTokens;
            this.uncachedTokens = uncachedTokens;
        }

        /** Has this run when it is closed, after what was asked for before. To be called before it is handed out. */
        void onClose(Runnable listener) {
            Runnable before = onClose;
            onClose = before == null
                    ? listener
                    : () -> {
                        before.run();
                        listener.run();
                    };
        }

        /** Has this run once its first byte has come, or it ends without. To be called once at most, before it is handed out. */
        void onPrefilled(Runnable listener) {
            onPrefilled = listener;
        }

        /** There are more tokens to compute before the first byte than was thought; without meaning after it. */
        void computes(long tokens) {
            counters.prefillTokens.addAndGet(tokens);
            MORE.addAndGet(this, tokens);
            if (phase.get() != PREFILL) {
                // Whoever ended the prefill may not have seen them.
                takeBackMore();
            }
            inFlight.changed();
        }

        private void takeBackMore() {
            if (moreTokens != 0) {
                counters.prefillTokens.addAndGet(-MORE.getAndSet(this, 0));
            }
        }

        /** The first byte has come back: the prefill is done, the request still runs. Returns whether that is news. */
        public boolean firstByte() {
            if (!phase.compareAndSet(PREFILL, DECODE)) {
                return false;
            }
            prefilled();
            inFlight.changed();
            return true;
        }

        private void prefilled() {
            counters.prefillTokens.addAndGet(-uncachedTokens);
            takeBackMore();
            if (onPrefilled != null) {
                onPrefilled.run();
            }
        }

        /** The request is over: whatever is still held is returned. Returns whether it ended before its first byte. */
        public boolean close() {
            int before = phase.getAndSet(CLOSED);
            if (before == CLOSED) {
                return false;
            }
            if (before == PREFILL) {
                prefilled();
            }
            counters.promptTokens.addAndGet(-promptTokens);
            if (onClose != null) {
                onClose.run();
            }
            inFlight.closed(endpoint, counters);
            return before == PREFILL;
        }
    }
}
