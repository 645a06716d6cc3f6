package dev.warmlane.app;

import dev.warmlane.settings.InvalidSettingException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.ssl.JksSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.autoconfigure.ssl.SslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.pem.PemContent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;

/**
 * Reads bundles anew whose files have changed ({@code reload-on-update}), in the place of Spring's watcher: that tells a failure by a stack
 * trace, names neither the bundle nor, mostly, the file, and hands a broken store to some of its users before the first of them fails.
 */
@Configuration(proxyBeanMethods = false)
class TlsReload {

    @Bean
    static WatchedBundles watchedBundles() {
        return new WatchedBundles();
    }

    @Bean
    BundleWatch bundleWatch(WatchedBundles watched, SslBundleRegistry registry, SslProperties properties) {
        return new BundleWatch(
                watched.bundles,
                registry,
                properties.getBundle().getWatch().getFile().getQuietPeriod());
    }

    /** Which bundles are to be reloaded, taken from the settings before Spring sees them. */
    static final class WatchedBundles implements BeanPostProcessor {
        private final List<Watched> bundles = new ArrayList<>();

        @Override
        public Object postProcessAfterInitialization(Object bean, String name) {
            if (bean instanceof SslProperties properties) {
                ResourceLoader files = ApplicationResourceLoader.get();
                properties.getBundle().getPem().forEach((bundle, pem) -> {
                    if (isTaken(pem)) {
                        bundles.add(new Watched(
                                bundle, paths(bundle, pem, files), () -> PropertiesSslBundle.get(pem, files)));
                    }
                });
                properties.getBundle().getJks().forEach((bundle, jks) -> {
                    if (isTaken(jks)) {
                        bundles.add(new Watched(
                                bundle, paths(bundle, jks, files), () -> PropertiesSslBundle.get(jks, files)));
                    }
                });
            }
            return bean;
        }

        private static boolean isTaken(SslBundleProperties bundle) {
            boolean reloaded = bundle.isReloadOnUpdate();
            bundle.setReloadOnUpdate(false);
            return reloaded;
        }

        private static List<Path> paths(String bundle, PemSslBundleProperties pem, ResourceLoader files) {
            List<Path> paths = new ArrayList<>();
            String prefix = "spring.ssl.bundle.pem." + bundle;
            addPath(prefix + ".keystore.certificate", pem.getKeystore().getCertificate(), files, paths);
            addPath(prefix + ".keystore.private-key", pem.getKeystore().getPrivateKey(), files, paths);
            addPath(prefix + ".truststore.certificate", pem.getTruststore().getCertificate(), files, paths);
            addPath(prefix + ".truststore.private-key", pem.getTruststore().getPrivateKey(), files, paths);
            return paths;
        }

        private static List<Path> paths(String bundle, JksSslBundleProperties jks, ResourceLoader files) {
            List<Path> paths = new ArrayList<>();
            String prefix = "spring.ssl.bundle.jks." + bundle;
            addPath(prefix + ".keystore.location", jks.getKeystore().getLocation(), files, paths);
            addPath(prefix + ".truststore.location", jks.getTruststore().getLocation(), files, paths);
            return paths;
        }

        private static void addPath(String setting, @Nullable String value, ResourceLoader files, List<Path> paths) {
            if (value == null || value.isBlank()) {
                return;
            }
            Resource resource = files.getResource(value);
            if (PemContent.isPresentInText(value) || !resource.isFile()) {
                throw new InvalidSettingException(setting, "no file (expected: one, as reload-on-update is true)");
            }
            try {
                File file = resource.getFile();
                paths.add(file.toPath().toAbsolutePath());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** Looks at the files, on a thread of its own, as often as a change has to be quiet before it counts. */
    static final class BundleWatch implements AutoCloseable {
        private static final Logger log = LoggerFactory.getLogger(TlsReload.class);

        private final SslBundleRegistry registry;
        private final @Nullable ScheduledExecutorService thread;

        @SuppressWarnings("FutureReturnValueIgnored") // A look never fails, and the thread ends when this is closed.
        BundleWatch(List<Watched> bundles, SslBundleRegistry registry, Duration quiet) {
            this.registry = registry;
            if (bundles.isEmpty()) {
                thread = null;
                return;
            }
            thread = Executors.newSingleThreadScheduledExecutor(runnable -> {
                Thread daemon = new Thread(runnable, "warmlane-certificates");
                daemon.setDaemon(true);
                return daemon;
            });
            long nanos = Math.max(1, quiet.toNanos());
            thread.scheduleWithFixedDelay(() -> bundles.forEach(this::look), nanos, nanos, TimeUnit.NANOSECONDS);
        }

        void look(Watched bundle) {
            if (!bundle.isDue()) {
                return;
            }
            try {
                registry.updateBundle(bundle.name, TlsCheck.checked(bundle.read));
                bundle.solved();
                log.info("{}: reloaded from {}", bundle, bundle.files());
            } catch (RuntimeException e) {
                String reason = TlsCheck.reason(e);
                if (bundle.isNewProblem(reason)) {
                    log.warn(
                            "{}: cannot be reloaded from {}: {}; the earlier one stays in use",
                            bundle,
                            bundle.files(),
                            reason);
                }
            }
        }

        @Override
        public void close() {
            if (thread != null) {
                thread.shutdownNow();
            }
        }
    }

    /** A bundle and its files. On one thread at a time. */
    static final class Watched {
        private final String name;
        private final List<Path> paths;
        private final Supplier<SslBundle> read;
        /** The files as they were when the bundle was read last, or could not be; and at the last look. */
        private List<Stamp> known;

        private List<Stamp> seen;
        /** Why they could not be read last; empty: they could. */
        private String problem = "";

        Watched(String name, List<Path> paths, Supplier<SslBundle> read) {
            this.name = name;
            this.paths = paths;
            this.read = read;
            this.known = stamps();
            this.seen = known;
        }

        /**
         * Whether the files are to be read: they are others than before and have been the same for two looks, or could not be read. They may
         * become readable without being others, as when they get their owner's permissions after their content.
         */
        boolean isDue() {
            List<Stamp> now = stamps();
            boolean quiet = now.equals(seen);
            seen = now;
            if (!quiet) {
                return false;
            }
            if (!now.equals(known)) {
                known = now;
                problem = "";
                return true;
            }
            return !problem.isEmpty();
        }

        /** The files have been read. */
        void solved() {
            problem = "";
        }

        /** Notes why the files cannot be read; whether that is news since they changed. */
        boolean isNewProblem(String reason) {
            boolean news = !reason.equals(problem);
            problem = reason;
            return news;
        }

        String files() {
            return paths.stream().map(Path::toString).collect(Collectors.joining(", "));
        }

        /** Of what links lead to, as Kubernetes exchanges those. */
        private List<Stamp> stamps() {
            return paths.stream().map(Stamp::of).toList();
        }

        @Override
        public String toString() {
            return "SSL bundle " + name;
        }
    }

    /** What changes with a file; that of none where it cannot be read. */
    private record Stamp(
            @Nullable FileTime changed,
            long bytes,
            @Nullable Object key) {
        private static final Stamp NONE = new Stamp(null, 0, null);

        static Stamp of(Path path) {
            try {
                BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
                return new Stamp(file.lastModifiedTime(), file.size(), file.fileKey());
            } catch (IOException e) {
                return NONE;
            }
        }
    }
}
