package dev.warmlane.app;

import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes the application after the drain, for a limited time: some of what it is made of waits without a limit of its own, and a
 * process that does not end holds its pod until Kubernetes kills it.
 */
final class BoundedClose {
    private static final Logger log = LoggerFactory.getLogger(BoundedClose.class);

    /** Enough of a stack to see who waits for what. */
    private static final int MOST_FRAMES = 12;

    private BoundedClose() {}

    /**
     * Closes on a thread of its own, and waits for that. If it takes too long, the log says where it stands, and the thread, a daemon, goes
     * on.
     *
     * @param close what closes everything
     * @param limit how long this waits
     * @return whether everything is closed
     */
    static boolean run(Runnable close, Duration limit) throws InterruptedException {
        Thread closing = new Thread(close, "close");
        closing.setDaemon(true);
        closing.start();
        return ended(closing, limit);
    }

    /** Whether what closes everything ends within the limit; if not, the log says where it stands. */
    static boolean ended(Thread closing, Duration limit) throws InterruptedException {
        closing.join(Math.max(1, limit.toMillis()));
        StackTraceElement[] stack = closing.getStackTrace();
        if (!closing.isAlive()) {
            return true;
        }
        log.warn(
                "not closed within {} s, ends all the same; closing waits at {}",
                limit.toMillis() / 1000.0,
                Arrays.stream(stack)
                        .limit(MOST_FRAMES)
                        .map(StackTraceElement::toString)
                        .collect(Collectors.joining(" < ")));
        return false;
    }
}
