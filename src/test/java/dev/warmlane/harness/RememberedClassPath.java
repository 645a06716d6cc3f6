package dev.warmlane.harness;

import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The tests' class path, which remembers where things are and what is not there: each gateway that starts looks for the same
 * hundreds of names, many in vain, in close to two hundred jars. Classes are those of the class path itself.
 */
final class RememberedClassPath extends ClassLoader {
    static {
        registerAsParallelCapable();
    }

    static final ClassLoader INSTANCE = new RememberedClassPath(RememberedClassPath.class.getClassLoader());

    private final Map<String, Optional<URL>> first = new ConcurrentHashMap<>();
    private final Map<String, List<URL>> all = new ConcurrentHashMap<>();
    private final Set<String> missing = ConcurrentHashMap.newKeySet();

    private RememberedClassPath(ClassLoader classPath) {
        super(classPath);
    }

    @Override
    public URL getResource(String name) {
        return first.computeIfAbsent(name, key -> Optional.ofNullable(super.getResource(key)))
                .orElse(null);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        List<URL> found = all.get(name);
        if (found == null) {
            found = Collections.list(super.getResources(name));
            all.put(name, found);
        }
        return Collections.enumeration(found);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (missing.contains(name)) {
            throw new ClassNotFoundException(name);
        }
        try {
            return super.loadClass(name, resolve);
        } catch (ClassNotFoundException e) {
            if (e.getCause() == null) {
                missing.add(name);
            }
            throw e;
        }
    }
}
