package dev.warmlane.harness;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Ports of 127.0.0.1 for servers that must know theirs before they start, or come back at the same one. They lie below those that
 * systems give out by themselves, so that nobody gets one in between; each is given once.
 */
public final class FreePorts {
    private static final int FIRST = 12_000;
    private static final int COUNT = 8_000;

    private static int next = ThreadLocalRandom.current().nextInt(COUNT);

    private FreePorts() {}

    /** A port that is free now. */
    public static synchronized int take() {
        for (int tries = 0; tries < COUNT; tries++) {
            int port = FIRST + next;
            next = (next + 1) % COUNT;
            try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (IOException taken) {
                // The next one, then.
            }
        }
        throw new IllegalStateException("no free port from %d to %d".formatted(FIRST, FIRST + COUNT));
    }

    /** So many free ports as the setting of endpoints that will listen there. */
    public static String endpoints(int count) {
        return Stream.generate(FreePorts::take)
                .limit(count)
                .map(port -> "http://127.0.0.1:" + port)
                .collect(Collectors.joining(",", "warmlane.endpoints=", ""));
    }
}
