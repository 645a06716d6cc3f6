package dev.warmlane.app;

import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.proxy.access.AccessControl;
import dev.warmlane.proxy.access.AccessFilter;
import dev.warmlane.proxy.access.Allowance;
import dev.warmlane.proxy.access.ApiKeys;
import dev.warmlane.proxy.access.ApiKeysFile;
import dev.warmlane.proxy.access.Authenticator;
import dev.warmlane.proxy.access.Identity;
import dev.warmlane.proxy.access.JwtAuthenticator;
import dev.warmlane.proxy.access.JwtDecoders;
import dev.warmlane.proxy.access.ReloadedFile;
import dev.warmlane.proxy.access.Tenants;
import dev.warmlane.settings.AuthSettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.OidcSettings;
import dev.warmlane.settings.OidcSettings.GroupSettings;
import dev.warmlane.settings.WarmlaneSettings;
import dev.warmlane.settings.WarmlaneSettings.TenancySettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;
import reactor.core.publisher.Mono;

/** Who may come in. Without keys and without an identity provider nothing of this exists. */
@Configuration(proxyBeanMethods = false)
@Conditional(AccessConfiguration.Enabled.class)
class AccessConfiguration {

    /** Whether anybody is asked who they are, by the same reading of the settings as everywhere. */
    static final class Enabled implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return settings(context, "warmlane.auth", AuthSettings.class).enabled();
        }
    }

    static final class KeysEnabled implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return !settings(context, "warmlane.auth", AuthSettings.class)
                    .keysFile()
                    .isEmpty();
        }
    }

    static final class TenantsEnabled implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return settings(context, "warmlane.tenancy", TenancySettings.class).enabled();
        }
    }

    private static <T> T settings(ConditionContext context, String prefix, Class<T> type) {
        return Binder.get(context.getEnvironment()).bindOrCreate(prefix, Bindable.of(type));
    }

    /** The file of keys, looked at for changes by a thread of its own until the application closes. */
    record KeysFile(ReloadedFile<ApiKeys> keys, ScheduledExecutorService thread) implements AutoCloseable {
        @SuppressWarnings("FutureReturnValueIgnored") // A check never fails, and the thread ends with the application.
        static KeysFile watch(String path, Duration every) {
            ReloadedFile<ApiKeys> keys = read("warmlane.auth.keys-file", path, ApiKeysFile::parse);
            ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(runnable -> {
                Thread daemon = new Thread(runnable, "warmlane-keys");
                daemon.setDaemon(true);
                return daemon;
            });
            thread.scheduleWithFixedDelay(keys::check, every.toMillis(), every.toMillis(), TimeUnit.MILLISECONDS);
            return new KeysFile(keys, thread);
        }

        Mono<Identity> find(String key) {
            return Mono.justOrEmpty(keys.get().find(key));
        }

        @Override
        public void close() {
            thread.shutdownNow();
        }
    }

    @Bean
    @Conditional(KeysEnabled.class)
    KeysFile keysFile(WarmlaneSettings settings) {
        return KeysFile.watch(settings.auth().keysFile(), settings.auth().reload());
    }

    @Bean
    @Conditional(TenantsEnabled.class)
    Tenants tenants(WarmlaneSettings settings) {
        return read("warmlane.tenancy.secret-file", settings.tenancy().secretFile(), Tenants::new)
                .get();
    }

    @Bean
    AccessControl accessControl(
            WarmlaneSettings settings,
            ObjectProvider<KeysFile> keysFile,
            ObjectProvider<Tenants> tenants,
            ObjectProvider<ReplicaSharing> sharing,
            MeterRegistry registry) {
        ReplicaSharing replicas = sharing.getIfAvailable();
        KeysFile keys = keysFile.getIfAvailable();
        Authenticator byKey = keys == null ? key -> Mono.empty() : keys::find;
        OidcSettings oidc = settings.auth().oidc();
        return new AccessControl(
                oidc.enabled() ? byKey.or(byToken(oidc)) : byKey,
                tenants.getIfAvailable(),
                replicas == null ? null : replicas.replication().quota(),
                settings.auth().outputTokens(),
                settings.tenancy().serveUnsalted(),
                registry);
    }

    @Bean
    AccessFilter accessFilter(AccessControl access) {
        return access.filter();
    }

    private static Authenticator byToken(OidcSettings oidc) {
        return new JwtAuthenticator(
                JwtDecoders.of(oidc.issuerUri(), oidc.jwkSetUri(), oidc.audiences(), oidc.algorithms(), oidc.timeout()),
                oidc.tenantClaim(),
                oidc.groupClaim(),
                oidc.groups().stream().map(AccessConfiguration::group).toList());
    }

    private static JwtAuthenticator.Group group(GroupSettings group) {
        return new JwtAuthenticator.Group(
                group.name(),
                group.tenant(),
                new Allowance(
                        Set.copyOf(group.models()),
                        group.requestsPerMinute(),
                        group.tokensPerMinute(),
                        group.priority()));
    }

    private static <T> ReloadedFile<T> read(String setting, String path, Function<byte[], T> parser) {
        try {
            return new ReloadedFile<>(Path.of(path), parser);
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(setting, path + ": " + e.getMessage());
        }
    }
}
