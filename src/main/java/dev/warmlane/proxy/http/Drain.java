package dev.warmlane.proxy.http;

import dev.warmlane.core.log.Counted;
import dev.warmlane.settings.WarmlaneSettings.DrainSettings;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
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
                "draining: not ready any more, {} running, accepting for another {} s",
                Counted.of(clients.running(), "request"),
                seconds(settings.accept()));
        Thread.sleep(settings.accept().toMillis());

        clients.stopAccepting();
        log.info(
                "draining: port closed, {} running, {} s to finish",
                Counted.of(clients.running(), "request"),
                seconds(settings.timeout()));
        if (clients.awaitClosed(settings.timeout())) {
            log.info("drained: every request has been answered");
            return true;
        }

        int late = clients.running();
        if (late == 0) {
            // What is left are connections whose clients have asked for nothing.
            clients.close();
            log.info("drained: every request has been answered");
            return true;
        }
        endResponses.run();
        boolean told = clients.awaitClosed(settings.farewell());
        clients.close();
        log.warn(
                "drained: {} outlasted the timeout and had to end{}",
                Counted.of(late, "request"),
                told ? "" : ", some without being told");
        return false;
    }

    private static String seconds(Duration duration) {
        return duration.toMillis() % 1000 == 0
                ? Long.toString(duration.toSeconds())
                : Double.toString(duration.toMillis() / 1000.0);
    }

    /**
     * What SIGTERM and SIGINT do: the first begins an orderly end, a second ends the process at once. A shutdown hook could not
     * tell them apart, because the JVM ignores signals once its hooks run.
     */
    public static final class TerminationSignals {
        /** What a process that SIGTERM ended is customarily said to have returned. */
        public static final int TERMINATED = 128 + 15;

        private static final Logger log = LoggerFactory.getLogger(TerminationSignals.class);

        private TerminationSignals() {}

        /**
         * Takes the signals over from the JVM, for the rest of the process.
         *
         * @param first runs at the first signal, on a thread of its own
         * @param lastLines writes what of the log still waits, before the process ends at once
         */
        public static void handle(Runnable first, Runnable lastLines) {
            AtomicBoolean begun = new AtomicBoolean();
            for (String name : new String[] {"TERM", "INT"}) {
                JvmSignal.handle(name, () -> {
                    if (begun.compareAndSet(false, true)) {
                        log.info("SIG{}: draining; a second signal ends at once", name);
                        start(first);
                    } else {
                        log.warn("SIG{}: ending at once", name);
                        lastLines.run();
                        Runtime.getRuntime().halt(TERMINATED);
                    }
                });
            }
        }

        /** Not on the JVM's own thread, a daemon: the process would end with the gateway's last other thread, whatever its exit code. */
        private static void start(Runnable first) {
            Thread thread = new Thread(first, "drain");
            thread.setDaemon(false);
            thread.start();
        }

        /**
         * {@code sun.misc.Signal}, which every JDK exports from its module jdk.unsupported and which has no successor. Reached by
         * reflection, because javac warns of it in a way that nothing suppresses.
         */
        private static final class JvmSignal {
            private JvmSignal() {}

            /**
             * Replaces what a signal does.
             *
             * @param name without its SIG
             * @param handler runs at each such signal, on a new thread
             */
            static void handle(String name, Runnable handler) {
                try {
                    Class<?> signal = Class.forName("sun.misc.Signal");
                    Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
                    Object adapter = Proxy.newProxyInstance(
                            JvmSignal.class.getClassLoader(),
                            new Class<?>[] {handlerType},
                            (self, method, arguments) -> {
                                handler.run();
                                return null;
                            });
                    signal.getMethod("handle", signal, handlerType)
                            .invoke(null, signal.getConstructor(String.class).newInstance(name), adapter);
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException("cannot handle SIG" + name, e);
                }
            }
        }
    }
}
