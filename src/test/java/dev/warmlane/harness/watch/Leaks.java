package dev.warmlane.harness.watch;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A leak detector that keeps its reports. Netty finds it by the system property {@code io.netty.customResourceLeakDetector},
 * and constructs one for each type of resource.
 */
public final class Leaks<T> extends ResourceLeakDetector<T> {
    private static final List<String> REPORTS = new CopyOnWriteArrayList<>();

    public Leaks(Class<?> resourceType, int samplingInterval) {
        super(resourceType, samplingInterval);
    }

    /** What Netty looks for first. */
    public Leaks(Class<?> resourceType, int samplingInterval, long maxActive) {
        this(resourceType, samplingInterval);
    }

    @Override
    protected boolean needReport() {
        return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
        REPORTS.add("LEAK: %s was not released. Recent access records: %s".formatted(resourceType, records));
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
        REPORTS.add("LEAK: %s was not released.".formatted(resourceType));
    }

    /** Whether the property is set, as the build does. */
    static boolean areWatched() {
        return Leaks.class.getName().equals(System.getProperty("io.netty.customResourceLeakDetector"));
    }

    /** What has leaked since the last call and has been collected as garbage, which this makes more likely. */
    static List<String> drain() {
        System.gc();
        // Reports come with the next buffer.
        ByteBufAllocator.DEFAULT.buffer(1).release();
        List<String> reports = List.copyOf(REPORTS);
        REPORTS.removeAll(reports);
        return reports;
    }
}
