package dev.warmlane.ops.heap;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryNotificationInfo;
import java.lang.management.MemoryPoolMXBean;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import javax.management.NotificationEmitter;

/**
 * Has the serial collector collect its old generation whenever that has grown by some room since the last time. By itself it waits until
 * the heap has its maximum, and whatever outlives a few young collections, as streams do, adds up to that. Other collectors look after
 * their old generation themselves.
 *
 * <p>The room is a quarter of what is in use, 16 MiB at least. A collection stops everything, for about a millisecond for each MiB of
 * small objects: so the room doubles where collecting took more than a two-hundredth of the time since the last, and halves again
 * where it took less than a thousandth. Not thread-safe: the JVM's one thread for notifications runs it.
 */
public final class OldGeneration {
    private static final String SERIAL = "Tenured Gen";
    private static final long LEAST_ROOM = 16L << 20;
    private static final int PART = 4;
    private static final int SOON = 200;
    private static final int LATE = 1_000;
    private static final int MOST_ROOMS = 64;

    private final LongSupplier used;
    private final LongConsumer tellBeyond;
    private final Runnable collector;
    private final LongSupplier nanoTime;
    private long lastNanos;
    private int rooms = 1;

    /**
     * An old generation that was not collected yet.
     *
     * @param used bytes in use
     * @param tellBeyond where the JVM is to tell that more bytes than that are in use
     * @param collector collects it
     */
    OldGeneration(LongSupplier used, LongConsumer tellBeyond, Runnable collector, LongSupplier nanoTime) {
        this.used = used;
        this.tellBeyond = tellBeyond;
        this.collector = collector;
        this.nanoTime = nanoTime;
        this.lastNanos = nanoTime.getAsLong() - TimeUnit.HOURS.toNanos(1);
    }

    /** Collects what the start left, and from now on whenever the room is filled. Does nothing under another collector. */
    public static void watch() {
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getName().equals(SERIAL)) {
                long most = pool.getUsage().getMax();
                OldGeneration old = new OldGeneration(
                        () -> pool.getUsage().getUsed(),
                        bytes -> pool.setUsageThreshold(Math.min(bytes, most)),
                        System::gc,
                        System::nanoTime);
                NotificationEmitter memory = (NotificationEmitter) ManagementFactory.getMemoryMXBean();
                memory.addNotificationListener(
                        (notification, handback) -> old.collect(),
                        notification -> notification.getType().equals(MemoryNotificationInfo.MEMORY_THRESHOLD_EXCEEDED),
                        null);
                old.collect();
            }
        }
    }

    /** Collects, and asks to be told when to do so again. */
    void collect() {
        long begun = nanoTime.getAsLong();
        collector.run();
        long taken = nanoTime.getAsLong() - begun;
        long since = begun - lastNanos;
        lastNanos = begun;
        if (since < SOON * taken) {
            rooms = Math.min(MOST_ROOMS, 2 * rooms);
        } else if (since > LATE * taken) {
            rooms = Math.max(1, rooms / 2);
        }
        long live = used.getAsLong();
        tellBeyond.accept(live + rooms * Math.max(LEAST_ROOM, live / PART));
    }
}
