package dev.warmlane.proxy.drain;

import dev.warmlane.settings.WarmlaneSettings.DrainSettings;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the gateway out of service without losing a request that can still be served. One line is logged for each phase,
 * with the requests that run then.
 */
public final class Drain {
    private static final Logger log = LoggerFactory.getLogger(Drain.class);

    private final DrainSettings settings;
    private final ClientConnections clients;
    private final Runnable refuseTraffic;
    private final Runnable endResponses;

    /**
     * A drain that has not begun.
     *
     * @param refuseTraffic makes the gateway say that it is not ready
     * @param endResponses ends every response that is under way with an error
     */
    public Drain(DrainSettings settings, ClientConnections clients, Runnable refuseTraffic, Runnable endResponses) {
        this.settings = settings;
        this.clients = clients;
        this.refuseTraffic = refuseTraffic;
        this.endResponses = endResponses;
    }

    /**
     * Goes through all phases; blocks for as long as the settings allow, plus a second at most.
     *
     * @return whether every request came to its own end
     */
    public boolean run() throws InterruptedException {
        refuseTraffic.run();
        clients.closeAfterResponses();
        log.info(
                "draining: not ready any more, {} requests running, accepting for another {} s",
                clients.running(),
                seconds(settings.accept()));
        Thread.sleep(settings.accept().toMillis());

        clients.stopAccepting();
        log.info(
                "draining: port closed, {} requests running, {} s to finish",
                clients.running(),
                seconds(settings.timeout()));
        if (clients.awaitClosed(settings.timeout())) {
            log.info("drained: every request has been answered");
            return true;
        }

        int late = clients.running();
        endResponses.run();
        boolean told = clients.awaitClosed(settings.farewell());
        clients.close();
        log.warn(
                "drained: {} requests outlasted the timeout and were ended{}",
                late,
                told ? "" : ", some without a word");
        return false;
    }

    private static String seconds(Duration duration) {
        return duration.toMillis() % 1000 == 0
                ? Long.toString(duration.toSeconds())
                : Double.toString(duration.toMillis() / 1000.0);
    }
}
