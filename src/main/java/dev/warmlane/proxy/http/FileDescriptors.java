package dev.warmlane.proxy.http;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.warmlane.settings.LimitSettings;
import java.lang.management.ManagementFactory;

/**
 * How the file descriptors of this process are shared out. What it has open at its start and a reserve are its own: for the
 * management port, health checks and scrapes, other replicas, files.
 *
 * @param forClients connections of clients, at most
 * @param forEngines requests at engines at a time, at most: each has a connection
 */
public record FileDescriptors(int forClients, int forEngines) {
    private static final int RESERVE = 200;

    /** Less would be no gateway. */
    private static final int LEAST = 16;

    /** Of this process as it is now. */
    public static FileDescriptors of(LimitSettings limits) {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? of(limits.connections(), unix.getMaxFileDescriptorCount(), unix.getOpenFileDescriptorCount())
                : of(limits.connections(), Long.MAX_VALUE, 0);
    }

    /** @param connections of clients as the settings say; 0: half of what is left */
    static FileDescriptors of(int connections, long most, long open) {
        long left = most - open - RESERVE;
        long clients = connections > 0 ? connections : Math.max(LEAST, left / 2);
        return new FileDescriptors(clamp(clients), clamp(Math.max(LEAST, left - clients)));
    }

    private static int clamp(long count) {
        return (int) Math.min(Integer.MAX_VALUE, count);
    }
}
