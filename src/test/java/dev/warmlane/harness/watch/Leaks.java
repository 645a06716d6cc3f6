package dev.warmlane.harness.watch;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakTracker;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A leak detector that keeps its reports. Netty finds it by the system property {@code io.netty.customResourceLeakDetector},
 * and constructs one for each type of resource.
 */
public final class Leaks<T> extends ResourceLeakDetector<T> {
    private static final List<String> REPORTS = new CopyOnWriteArrayList<>();
    /** What was not released yet. */
    private static final Set<Object> OPEN = ConcurrentHashMap.newKeySet();
    /** What was open and in use when garbage was collected last, as Netty's constants are. */
    private static final Set<Object> IN_USE = ConcurrentHashMap.newKeySet();

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

    @Override
    public @Nullable ResourceLeakTracker<T> track(T resource) {
        ResourceLeakTracker<T> tracker = super.track(resource);
        return tracker == null ? null : new Listed<>(tracker);
    }

    /** Lists what is open. */
    private static final class Listed<T> implements ResourceLeakTracker<T> {
        private final ResourceLeakTracker<T> tracker;

        Listed(ResourceLeakTracker<T> tracker) {
            this.tracker = tracker;
            OPEN.add(tracker);
        }

        @Override
        public void record() {
            tracker.record();
        }

        @Override
        public void record(Object hint) {
            tracker.record(hint);
        }

        @Override
        public boolean close(T resource) {
            OPEN.remove(tracker);
            return tracker.close(resource);
        }

        @Override
        public @Nullable Throwable getCloseStackTraceIfAny() {
            return tracker.getCloseStackTraceIfAny();
        }
    }

    /** Whether the property is set, as the build does. */
    static boolean areWatched() {
        return Leaks.class.getName().equals(System.getProperty("io.netty.customResourceLeakDetector"));
    }

    /**
     * What has leaked since the last call and has been collected as garbage, which this makes more likely if anything is open that
     * was not when it last did: a collection takes a quarter of a second.
     */
    static List<String> drain() {
        if (!IN_USE.containsAll(OPEN)) {
            System.gc();
            IN_USE.clear();
            IN_USE.addAll(OPEN);
        }
        // Reports come with the next buffer.
        ByteBufAllocator.DEFAULT.buffer(1).release();
        List<String> reports = List.copyOf(REPORTS);
        REPORTS.removeAll(reports);
        return reports;
    }
}
