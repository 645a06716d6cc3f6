package dev.warmlane.app;

import dev.warmlane.cluster.ClusterTransport;
import dev.warmlane.cluster.JGroupsTransport;
import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.cluster.SharedSecret;
import dev.warmlane.core.hash.Sha256.Hmac;
import dev.warmlane.engines.pool.PoolFactory;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.ops.actuator.ClusterEndpoint.ClusterMeters;
import dev.warmlane.ops.actuator.ClusterEndpoint.ReplicasHealthIndicator;
import dev.warmlane.settings.ClusterSettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.ReloadedFile;
import dev.warmlane.settings.SettingsDigest;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.KeyStoreException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** The cluster of replicas. Without one nothing here is made, and no class of JGroups is loaded. */
@Configuration(proxyBeanMethods = false)
@Conditional(ClusterConfiguration.Clustered.class)
class ClusterConfiguration {
    private static final String PREFIX = "warmlane.cluster.";
    private static final String UNKNOWN = "unknown";
    private static final Path KERNEL_NAME = Path.of("/proc/sys/kernel/hostname");
    private static final int LOOK_AGAIN_MILLIS = 20;

    /** Not started yet: whoever has something to tell starts it with a listener. */
    @Bean(destroyMethod = "")
    ClusterTransport clusterTransport(
            WarmlaneSettings settings, MemberProof proof, ObjectProvider<BuildProperties> build) {
        ClusterSettings cluster = settings.cluster();
        BuildProperties properties = build.getIfAvailable();
        String version = properties == null ? UNKNOWN : properties.getVersion();
        return new JGroupsTransport(
                new JGroupsTransport.Site(
                        cluster.name(),
                        Objects.requireNonNullElse(replicaName(cluster), UNKNOWN),
                        version == null ? UNKNOWN : version,
                        bindAddress(cluster),
                        cluster.port(),
                        cluster.advertised().map(ClusterConfiguration::resolved),
                        cluster.seeds(),
                        cluster.joinTimeout()),
                proof.context(),
                Clock.systemUTC());
    }

    @Bean
    MemberProof memberProof(WarmlaneSettings settings, SslBundles bundles) {
        ClusterSettings cluster = settings.cluster();
        if (!cluster.sslBundle().isEmpty()) {
            return new MemberProof(byBundle(bundles, cluster.sslBundle()), null);
        }
        SharedSecret secret = new SharedSecret(secret(cluster), cluster.name());
        return new MemberProof(secret, secret.settingsHash());
    }

    @Bean(destroyMethod = "close")
    ReplicaSharing replicaSharing(WarmlaneSettings settings, ClusterTransport transport) {
        ClusterSettings cluster = settings.cluster();
        return new ReplicaSharing(
                transport, PoolConfiguration.table(settings.affinity()), cluster.gather(), cluster.joinTimeout());
    }

    @Bean
    ReplicasHealthIndicator replicasHealthIndicator(ReplicaSharing sharing) {
        return new ReplicasHealthIndicator(sharing);
    }

    @Bean
    ClusterMeters clusterMeters(MeterRegistry registry, ReplicaSharing sharing) {
        return new ClusterMeters(registry, sharing);
    }

    /** Before the gateway is ready: its first requests find what other replicas know. */
    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    ApplicationRunner joinCluster(
            WarmlaneSettings settings,
            PoolFactory factory,
            Pools pools,
            ReplicaSharing sharing,
            MemberProof proof,
            ObjectProvider<ReloadedFile<?>> files) {
        SettingsDigest digest = new SettingsDigest(
                settings, factory.policyParameters(), files.stream().toList(), proof.settingsHash());
        return arguments -> {
            Runnable tellSettings = () -> sharing.replication().tellSettings(digest.digests());
            files.forEach(file -> file.onReload(path -> tellSettings.run()));
            tellSettings.run();
            awaitEndpoints(pools, settings.cluster().joinTimeout());
            try {
                sharing.start();
            } catch (IllegalStateException e) {
                throw e.getCause() instanceof BindException
                        ? new InvalidSettingException(
                                PREFIX + "port", settings.cluster().port(), "a port that nobody listens on")
                        : e;
            }
        };
    }

    /** What others know of endpoints that are unknown here could not be taken over. */
    private static void awaitEndpoints(Pools pools, Duration limit) throws InterruptedException {
        long endNanos = System.nanoTime() + limit.toNanos();
        while (pools.isSyncing() && System.nanoTime() < endNanos) {
            TimeUnit.MILLISECONDS.sleep(LOOK_AGAIN_MILLIS);
        }
    }

    /** What this replica is called: by its settings, else as its pod or host; null where nothing says. */
    static @Nullable String replicaName(ClusterSettings cluster) {
        return cluster.memberName().isEmpty() ? hostName(System.getenv("HOSTNAME"), KERNEL_NAME) : cluster.memberName();
    }

    /**
     * The host's name, without asking a DNS as Java would, which can take long.
     *
     * @param variable what the environment says; of a process that no container and no shell started, nothing
     * @param kernel the file in which Linux says it
     */
    static @Nullable String hostName(@Nullable String variable, Path kernel) {
        if (variable != null && !variable.isEmpty()) {
            return variable;
        }
        try {
            String name = Files.readString(kernel).strip();
            return name.isEmpty() ? null : name;
        } catch (IOException otherSystem) {
            return null;
        }
    }

    private static String secret(ClusterSettings cluster) {
        if (cluster.secretFile().isEmpty()) {
            return cluster.secret();
        }
        String key = PREFIX + "secret-file";
        try {
            String secret = Files.readString(Path.of(cluster.secretFile())).stripTrailing();
            return ClusterSettings.checkSecret(key, secret);
        } catch (IOException | InvalidPathException e) {
            throw new InvalidSettingException(key, cluster.secretFile(), "a file that can be read");
        }
    }

    private static Supplier<SSLContext> byBundle(SslBundles bundles, String name) {
        String key = PREFIX + "ssl-bundle";
        SslBundle bundle = TlsCheck.bundle(key, name, bundles);
        checkBothStores(key, name, bundle);
        Renewable context = new Renewable(bundle.createSslContext());
        bundles.addBundleUpdateHandler(name, renewed -> context.current = renewed.createSslContext());
        return context;
    }

    /** Without a trust store of its own, Java would take everybody for a member who has a certificate of a public authority. */
    private static void checkBothStores(String key, String name, SslBundle bundle) {
        try {
            if (bundle.getStores().getKeyStore() != null
                    && bundle.getStores().getTrustStore() != null
                    && bundle.getStores().getTrustStore().size() > 0) {
                return;
            }
        } catch (KeyStoreException e) {
            throw new InvalidSettingException(key, name, "a bundle whose stores can be read: " + e.getMessage());
        }
        throw new InvalidSettingException(
                key, name, "a bundle with a certificate and key of this replica, and certificates that it trusts");
    }

    private static InetAddress bindAddress(ClusterSettings cluster) {
        String key = PREFIX + "bind-address";
        String given = cluster.bindAddress();
        try {
            InetAddress address = given.isEmpty() ? ownAddress() : InetAddress.getByName(given);
            if (address.isAnyLocalAddress() || NetworkInterface.getByInetAddress(address) == null) {
                throw new InvalidSettingException(
                        key, given, "one address of this host, which other replicas can reach");
            }
            return address;
        } catch (UnknownHostException | SocketException e) {
            throw new InvalidSettingException(key, given, "one address of this host, which other replicas can reach");
        }
    }

    private static InetSocketAddress resolved(InetSocketAddress advertised) {
        InetSocketAddress address = new InetSocketAddress(advertised.getHostString(), advertised.getPort());
        if (address.isUnresolved()) {
            throw new InvalidSettingException(
                    PREFIX + "advertised-address", advertised.getHostString(), "a host name that resolves");
        }
        return address;
    }

    /** A site-local address before any other, IPv4 before IPv6, and the loopback one last. */
    private static InetAddress ownAddress() throws SocketException {
        List<InetAddress> all = new ArrayList<>();
        for (NetworkInterface network : NetworkInterface.networkInterfaces().toList()) {
            if (network.isUp() && !network.isLoopback()) {
                network.inetAddresses()
                        .filter(address -> !address.isLinkLocalAddress())
                        .forEach(all::add);
            }
        }
        return all.stream()
                .min(Comparator.comparing((InetAddress address) -> !address.isSiteLocalAddress())
                        .thenComparing(address -> !(address instanceof Inet4Address)))
                .orElseGet(InetAddress::getLoopbackAddress);
    }

    /**
     * By what replicas know each other.
     *
     * @param context secures their connections
     * @param settingsHash hashes what they compare of their settings; null where no secret is common to them
     */
    record MemberProof(
            Supplier<SSLContext> context, @Nullable Hmac settingsHash) {}

    /** The bundle as it was last loaded. */
    private static final class Renewable implements Supplier<SSLContext> {
        private volatile SSLContext current;

        private Renewable(SSLContext current) {
            this.current = current;
        }

        @Override
        public SSLContext get() {
            return current;
        }
    }

    /** Whether other replicas are named. */
    static final class Clustered implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return isSet(context, PREFIX + "service")
                    || isSet(context, PREFIX + "members")
                    || isSet(context, PREFIX + "members[0]");
        }

        private static boolean isSet(ConditionContext context, String key) {
            @Nullable String value = context.getEnvironment().getProperty(key);
            return value != null && !value.isEmpty();
        }
    }
}
