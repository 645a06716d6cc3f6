package dev.warmlane.harness.watch;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingMethod;

/** Blocking calls on threads that must not block, noted by BlockHound. They go on; whoever watches fails for them. */
final class BlockingCalls {
    private static final String OPTION = "-XX:+AllowRedefinitionToAddDeleteMethods";

    /** A call in a loop is understood from the first few. */
    private static final int MOST_NOTED = 20;

    private static final List<Exempt> EXEMPT = List.of(
            // Once for each class, whoever comes first.
            new Exempt("", "<clinit>"),
            new Exempt("java.lang.ClassLoader", "loadClass"),
            // Once for each type that is read.
            new Exempt("tools.jackson.databind.deser.DeserializerCache", "_createAndCacheValueDeserializer"),
            new Exempt("java.lang.invoke.", ""),
            // Spins before it parks, for as long as another loop takes to hand a chunk over.
            new Exempt("io.netty.buffer.AdaptivePoolingAllocator", ""),
            // One stripe of the index for a few writes to an array; whoever holds it waits for nothing.
            new Exempt("dev.warmlane.core.prefix.BlockHolders", ""),
            // Once for each pool of connections, when it ends.
            new Exempt("reactor.netty.resources.PoolMaintenanceScheduler", ""),
            // Under a lock that is held only to add a thread, as by the JDK's HTTP client in the simulator.
            new Exempt("java.util.concurrent.ThreadPoolExecutor", "addWorker"),
            // Lines are few: none for a request that goes well, and what can repeat is limited.
            new Exempt("ch.qos.logback.core.", ""));

    /** The API server that tests talk to runs in the same JVM and may do as it likes. */
    private static final String MOCK_SERVER_THREADS = "vert.x-";

    private static final List<String> CALLS = new CopyOnWriteArrayList<>();
    private static final boolean WATCHED = install();

    /** Who may block: classes whose name begins like this, in this method or, if it is empty, in any. */
    private record Exempt(String classes, String method) {
        boolean covers(StackTraceElement frame) {
            return frame.getClassName().startsWith(classes)
                    && (method.isEmpty() || frame.getMethodName().equals(method));
        }
    }

    private BlockingCalls() {}

    /** Whether this JVM lets BlockHound change the JDK's methods, as the build asks for. */
    static boolean areWatched() {
        return WATCHED;
    }

    /** The calls since the last time, with their stacks. */
    static List<String> drain() {
        List<String> calls = List.copyOf(CALLS);
        CALLS.removeAll(calls);
        return calls;
    }

    private static boolean install() {
        if (!ManagementFactory.getRuntimeMXBean().getInputArguments().contains(OPTION)) {
            return false;
        }
        BlockHound.install(builder -> builder.blockingMethodCallback(BlockingCalls::note));
        return true;
    }

    private static void note(BlockingMethod method) {
        if (Thread.currentThread().getName().startsWith(MOCK_SERVER_THREADS)) {
            return;
        }
        StringBuilder call = new StringBuilder();
        call.append(method).append(" on ").append(Thread.currentThread().getName());
        for (StackTraceElement frame : new Throwable().getStackTrace()) {
            if (EXEMPT.stream().anyMatch(exempt -> exempt.covers(frame))) {
                return;
            }
            call.append("\n    at ").append(frame);
        }
        if (CALLS.size() < MOST_NOTED) {
            CALLS.add(call.toString());
        }
    }
}
