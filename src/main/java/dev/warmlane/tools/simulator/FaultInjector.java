package dev.warmlane.tools.simulator;

import dev.warmlane.tools.simulator.ServerOptions.VllmVersion;
import io.netty.channel.EventLoop;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Makes requests go wrong as the {@link Faults} of the moment say. Confined to one event loop. */
final class FaultInjector {
    private final EventLoop loop;
    private final SplittableRandom random;
    private Faults faults = Faults.NONE;
    private int statusesLeft;

    FaultInjector(EventLoop loop, SplittableRandom random) {
        this.loop = loop;
        this.random = random;
    }

    Faults faults() {
        return faults;
    }

    void set(Faults newFaults) {
        faults = newFaults;
        statusesLeft = newFaults.statusCount();
    }

    /** Lets the request through, now or later, or responds with an error, or not at all. */
    @SuppressWarnings("FutureReturnValueIgnored") // The pause needs no cancelling: a closed exchange ignores its end.
    void pass(HttpExchange exchange, VllmVersion version, Runnable proceed) {
        if (faults.hang()) {
            return;
        }
        if (!faults.ending().isZero()) {
            exchange.reply(ApiException.ending(), version);
            return;
        }
        ApiException refusal = ApiException.ofStatus(faults.status());
        Runnable next = failsNow() ? () -> exchange.reply(refusal, version) : proceed;
        if (faults.latency().isZero()) {
            next.run();
            return;
        }
        Runnable ifOpen = () -> {
            if (exchange.isOpen()) {
                next.run();
            }
        };
        loop.schedule(ifOpen, faults.latency().toNanos(), TimeUnit.NANOSECONDS);
    }

    private boolean failsNow() {
        if (faults.status() == 0 || statusesLeft == 0 || random.nextDouble() >= faults.statusProbability()) {
            return false;
        }
        if (statusesLeft > 0) {
            statusesLeft--;
        }
        return true;
    }
}
