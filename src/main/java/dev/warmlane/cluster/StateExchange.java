package dev.warmlane.cluster;

import dev.warmlane.cluster.Broadcast.Envelope;
import dev.warmlane.cluster.ClusterTransport.Member;
import dev.warmlane.cluster.ClusterTransport.StateTransfer;
import dev.warmlane.cluster.ClusterTransport.StateTransfer.Outcome;
import dev.warmlane.core.log.LogRateLimit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jgroups.Address;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands the state of one member to another. Parts travel as reliable messages, which JGroups' flow control slows down to what the
 * other side can take. One request of ours at a time; two of others.
 */
final class StateExchange {
    /** Sends one message reliably; blocks while the other side is slow. */
    interface Wire {
        void send(Address member, byte[] message) throws Exception;
    }

    /** A request of ours that is under way. */
    private static final class Request {
        private final long number;
        private final Address from;
        private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        private final AtomicLong chunks = new AtomicLong();
        private final AtomicLong bytes = new AtomicLong();

        private Request(long number, Address from) {
            this.number = number;
            this.from = from;
        }
    }

    private static final Logger log = LoggerFactory.getLogger(StateExchange.class);
    private static final int WAITING_REQUESTS = 16;
    private static final int SERVED_AT_A_TIME = 2;
    private static final long LARGEST_STATE_BYTES = 512L * 1024 * 1024;
    private static final long LONGEST_MILLIS = Duration.ofMinutes(5).toMillis();

    private final Wire wire;
    private final Predicate<Address> isMember;
    private final Clock clock;
    private final ThreadPoolExecutor asking;
    private final ThreadPoolExecutor serving;
    private final LogRateLimit refusals = LogRateLimit.oncePerMinute();
    private volatile @Nullable Request current;
    private volatile @Nullable StateTransfer last;
    private long lastNumber;

    StateExchange(Wire wire, Predicate<Address> isMember, Clock clock, ThreadFactory threads) {
        this.wire = wire;
        this.isMember = isMember;
        this.clock = clock;
        this.asking =
                new ThreadPoolExecutor(1, 1, 5, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING_REQUESTS), threads);
        asking.allowCoreThreadTimeOut(true);
        this.serving =
                new ThreadPoolExecutor(0, SERVED_AT_A_TIME, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), threads);
    }

    CompletableFuture<StateTransfer> request(Address address, Member member, Duration limit) {
        CompletableFuture<StateTransfer> result = new CompletableFuture<>();
        long start = System.nanoTime();
        try {
            asking.execute(() -> result.complete(ask(address, member, start, limit)));
        } catch (RejectedExecutionException e) {
            result.complete(ended(member, start, Outcome.FAILED, null));
        }
        return result;
    }

    private StateTransfer ask(Address address, Member member, long start, Duration limit) {
        Request request = new Request(++lastNumber, address);
        long leftMillis = limit.toMillis() - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        current = request;
        Outcome outcome;
        try {
            byte[] rest = ByteBuffer.allocate(Long.BYTES).putLong(leftMillis).array();
            wire.send(address, Envelope.of(Envelope.STATE_REQUEST, request.number, rest));
            outcome = isMember.test(address)
                    ? request.outcome.get(Math.max(0, leftMillis), TimeUnit.MILLISECONDS)
                    : Outcome.FAILED;
        } catch (TimeoutException e) {
            outcome = Outcome.TIMED_OUT;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            outcome = Outcome.FAILED;
        } catch (ExecutionException e) {
            outcome = Outcome.FAILED;
        } catch (Exception e) {
            log.debug("cannot ask {} for its state", member.name(), e);
            outcome = Outcome.FAILED;
        } finally {
            current = null;
        }
        StateTransfer transfer = ended(member, start, outcome, request);
        last = transfer;
        return transfer;
    }

    private StateTransfer ended(Member member, long start, Outcome outcome, @Nullable Request request) {
        return new StateTransfer(
                member,
                clock.instant(),
                outcome,
                request == null ? 0 : request.chunks.get(),
                request == null ? 0 : request.bytes.get(),
                Duration.ofNanos(System.nanoTime() - start));
    }

    /** Another member asks for ours. */
    void requested(Address by, long number, long limitMillis, ClusterTransport.Listener listener) {
        try {
            serving.execute(() -> serve(by, number, Math.min(limitMillis, LONGEST_MILLIS), listener));
        } catch (RejectedExecutionException e) {
            end(by, number, false);
        }
    }

    private void serve(Address by, long number, long limitMillis, ClusterTransport.Listener listener) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(limitMillis);
        boolean complete = false;
        try {
            listener.writeState(chunk -> {
                if (chunk.length > ClusterTransport.MAX_MESSAGE_BYTES) {
                    throw new IOException("part of a state: %d bytes (expected: at most %d)"
                            .formatted(chunk.length, ClusterTransport.MAX_MESSAGE_BYTES));
                }
                if (!isMember.test(by) || System.nanoTime() - end > 0) {
                    throw new IOException("the member that asked has gone, or its time is up");
                }
                part(by, number, chunk);
            });
            complete = true;
        } catch (Exception e) {
            int leftOut = refusals.next();
            if (leftOut != LogRateLimit.LEFT_OUT) {
                log.warn(LogRateLimit.text("could not send the whole state: " + e, leftOut));
            }
        }
        end(by, number, complete);
    }

    private void part(Address to, long number, byte[] chunk) throws IOException {
        try {
            wire.send(to, Envelope.of(Envelope.STATE_PART, number, chunk));
        } catch (Exception e) {
            throw new IOException("the member that asked cannot be reached", e);
        }
    }

    private void end(Address to, long number, boolean complete) {
        try {
            wire.send(to, Envelope.of(Envelope.STATE_END, number, new byte[] {(byte) (complete ? 1 : 0)}));
        } catch (Exception e) {
            log.debug("cannot end a state", e);
        }
    }

    /** A part of the state that we asked for; of one that we no longer wait for, nothing. */
    void part(Address from, Member member, long number, byte[] chunk, ClusterTransport.Listener listener) {
        Request request = awaited(from, number);
        if (request == null) {
            return;
        }
        if (request.bytes.addAndGet(chunk.length) > LARGEST_STATE_BYTES) {
            request.outcome.complete(Outcome.FAILED);
            return;
        }
        request.chunks.incrementAndGet();
        listener.stateReceived(member, chunk);
    }

    void ended(Address from, long number, boolean complete) {
        Request request = awaited(from, number);
        if (request != null) {
            request.outcome.complete(complete ? Outcome.COMPLETE : Outcome.FAILED);
        }
    }

    private @Nullable Request awaited(Address from, long number) {
        Request request = current;
        return request != null && request.number == number && request.from.equals(from) && !request.outcome.isDone()
                ? request
                : null;
    }

    /** Ends the request to a member that is no longer there. */
    void members(Collection<Address> members) {
        Request request = current;
        if (request != null && !members.contains(request.from)) {
            request.outcome.complete(Outcome.FAILED);
        }
    }

    @Nullable
    StateTransfer last() {
        return last;
    }

    void close() {
        asking.shutdownNow();
        serving.shutdownNow();
    }
}
