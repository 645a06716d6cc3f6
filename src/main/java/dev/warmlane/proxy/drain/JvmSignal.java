package dev.warmlane.proxy.drain;

import java.lang.reflect.Proxy;

/**
 * {@code sun.misc.Signal}, which every JDK exports from its module jdk.unsupported and which has no successor. Reached by
 * reflection, because javac warns of it in a way that nothing suppresses.
 */
final class JvmSignal {
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
                    JvmSignal.class.getClassLoader(), new Class<?>[] {handlerType}, (self, method, arguments) -> {
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
