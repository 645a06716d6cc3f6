package dev.warmlane.engines.probe;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/**
 * Polls each target about once an interval, give or take a tenth, later where its last poll took longer; one that rests waits
 * for {@link ProbeTiming#rest} more, and then for the others that rest. Polls start in rounds, several at once, so that hundreds of
 * targets do not wake the thread hundreds of times. A target has at most one poll in flight, all together at most {@link ProbeTiming#maxConcurrent}; those that
 * are due the longest go first. Follows the listing of targets: one that is new gets its turns, one that has changed is polled as it is now from the next
 * poll on, one that is gone is dropped with its poll in flight. Everything runs on one thread, that of the loop.
 *
 * @param <K> identifies a target
 * @param <T> what is polled
 */
public final class Poller<K, T> {
    private static final Logger log = LoggerFactory.getLogger(Poller.class);
    private static final double JITTER = 0.1;

    private final ProbeTiming timing;
    private final double firstWithin;
    private final ScheduledExecutorService loop;
    private final LongSupplier nanoClock;
    private final RandomGenerator random;
    private final Supplier<Map<K, T>> listing;
    private final Poll<T> poll;
    private final Predicate<T> rests;
    private final long intervalNanos;
    private final long restNanos;
    private final long gatheringNanos;
    private final Map<K, Member> members = new HashMap<>();
    private final Deque<Member> due = new ArrayDeque<>();
    private Map<K, T> listed = Map.of();
    private long gatheredNanos;
    private int inFlight;
    private boolean stopped;

    /** How a target is polled. Deals with its own errors. */
    @FunctionalInterface
    interface Poll<T> {
        /**
         * Begins a poll, on the poller's thread.
         *
         * @param ended to be called once, on the same thread, when the poll is over; not before this returns
         * @return gives it up, after which nothing is called
         */
        Disposable begin(T target, Runnable ended);
    }

    private final class Member {
        private final K key;
        private T target;
        private State state = State.WAITING;
        private long dueNanos;
        private boolean hurried;
        private @Nullable Disposable inFlightPoll;

        Member(K key, T target) {
            this.key = key;
            this.target = target;
        }

        boolean isListed() {
            return members.get(key) == this;
        }

        boolean isDue(long nowNanos, boolean gathers) {
            long sinceNanos = nowNanos - dueNanos;
            return state == State.WAITING
                    && sinceNanos >= 0
                    && ((gathers && sinceNanos >= restNanos) || !rests.test(target));
        }
    }

    private enum State {
        WAITING,
        DUE,
        POLLING
    }

    /**
     * A poller at rest.
     *
     * @param firstWithin the share of an interval over which the first polls of new targets are spread; 0: at once
     * @param random spreads the polls; used by one thread
     * @param listing all targets there are now; the same map as before if nothing has changed
     * @param poll polls one
     * @param rests whether nothing is to be expected of one, so that its next poll can wait; asked in every round in which it could
     *     be polled
     */
    Poller(
            ProbeTiming timing,
            double firstWithin,
            ScheduledExecutorService loop,
            LongSupplier nanoClock,
            RandomGenerator random,
            Supplier<Map<K, T>> listing,
            Poll<T> poll,
            Predicate<T> rests) {
        this.timing = timing;
        this.firstWithin = firstWithin;
        this.loop = loop;
        this.nanoClock = nanoClock;
        this.random = random;
        this.listing = listing;
        this.poll = poll;
        this.rests = rests;
        this.intervalNanos = timing.interval().toNanos();
        this.restNanos = timing.rest().toNanos();
        this.gatheringNanos = restNanos == 0 ? 0 : timing.gathering().toNanos();
        this.gatheredNanos = nanoClock.getAsLong();
    }

    /** Begins to poll. To be called once, from any thread. */
    void start() {
        var unused = loop.scheduleAtFixedRate(this::round, 0, timing.round().toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Polls a target once more after a delay rather than at its next turn. From any thread. */
    void hurry(K key, Duration delay) {
        try {
            var unused = loop.schedule(() -> hurry(key), delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            // Closed meanwhile.
        }
    }

    /** Drops all targets, with their polls in flight. On the poller's thread. */
    void stop() {
        stopped = true;
        follow(Map.of());
    }

    private void round() {
        if (stopped) {
            return;
        }
        try {
            follow(listing.get());
        } catch (RuntimeException e) {
            log.warn("a round of polls failed", e);
        }
    }

    private void follow(Map<K, T> now) {
        if (now != listed) {
            listed = now;
            members.values().removeIf(member -> {
                boolean gone = !now.containsKey(member.key);
                if (gone && member.inFlightPoll != null) {
                    member.inFlightPoll.dispose();
                    inFlight--;
                }
                return gone;
            });
            now.forEach((key, target) -> {
                Member member = members.get(key);
                if (member == null) {
                    begin(new Member(key, target));
                } else {
                    member.target = target;
                }
            });
        }
        queueDue();
        startDue();
    }

    private void queueDue() {
        long now = nanoClock.getAsLong();
        boolean gathers = now - gatheredNanos >= gatheringNanos;
        if (gathers) {
            gatheredNanos = now;
        }
        List<Member> ready = new ArrayList<>();
        for (Member member : members.values()) {
            if (member.isDue(now, gathers)) {
                ready.add(member);
            }
        }
        ready.sort(Comparator.comparingLong(member -> member.dueNanos - now));
        for (Member member : ready) {
            member.state = State.DUE;
            due.add(member);
        }
    }

    private void begin(Member member) {
        members.put(member.key, member);
        member.dueNanos = nanoClock.getAsLong() + between(0, firstWithin);
    }

    private void hurry(K key) {
        round();
        Member member = members.get(key);
        if (member == null) {
            return;
        }
        if (member.state == State.POLLING) {
            member.hurried = true;
        } else {
            due.remove(member);
            member.state = State.DUE;
            due.addFirst(member);
            startDue();
        }
    }

    private void startDue() {
        while (inFlight < timing.maxConcurrent()) {
            Member next = due.poll();
            if (next == null) {
                return;
            }
            if (next.isListed()) {
                start(next);
            }
        }
    }

    private void start(Member member) {
        long startedNanos = nanoClock.getAsLong();
        inFlight++;
        member.state = State.POLLING;
        try {
            member.inFlightPoll = poll.begin(member.target, () -> ended(member, startedNanos));
        } catch (RuntimeException e) {
            log.warn("a poll failed", e);
            ended(member, startedNanos);
        }
    }

    private void ended(Member member, long startedNanos) {
        inFlight--;
        member.inFlightPoll = null;
        if (member.hurried) {
            member.hurried = false;
            member.state = State.DUE;
            due.addFirst(member);
        } else {
            member.state = State.WAITING;
            // A round comes up to a tenth of the interval after this.
            member.dueNanos = startedNanos + between(1 - JITTER, 1);
        }
        if (!due.isEmpty()) {
            // Not from here: a poll that fails while it starts would nest the next one in itself.
            loop.execute(this::startDue);
        }
    }

    /** A random part of the interval in this range, in nanoseconds. */
    private long between(double least, double most) {
        return (long) (intervalNanos * (least + (most - least) * random.nextDouble()));
    }
}
