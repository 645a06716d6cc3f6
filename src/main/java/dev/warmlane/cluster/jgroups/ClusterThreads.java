package dev.warmlane.cluster.jgroups;

import org.jgroups.util.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;

/** Daemons whose names tell that they are the cluster's; of platform threads, since those of a pool can be bounded. */
final class ClusterThreads extends DefaultThreadFactory {
    private static final String PREFIX = "warmlane-cluster-";

    ClusterThreads() {
        super(PREFIX + "task", true);
    }

    @Override
    public Thread newThread(Runnable task) {
        return newThread(task, "task", null, null);
    }

    @Override
    protected Thread newThread(Runnable task, String name, @Nullable String address, @Nullable String cluster) {
        Thread thread = new Thread(task, PREFIX + name.replaceAll("[^A-Za-z0-9.:-]+", "-"));
        thread.setDaemon(true);
        return thread;
    }

    /** Names stay. */
    @Override
    public void renameThread(String name, Thread thread) {}

    @Override
    public void renameThread(
            @Nullable String name, @Nullable Thread thread, @Nullable String address, @Nullable String cluster) {}
}
