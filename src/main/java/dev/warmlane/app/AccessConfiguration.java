package dev.warmlane.app;

import dev.warmlane.cluster.ReplicaSharing;
import dev.warmlane.proxy.access.AccessControl;
import dev.warmlane.proxy.access.AccessControl.AccessFilter;
import dev.warmlane.proxy.access.ApiKeys;
import dev.warmlane.proxy.access.ApiKeysFile;
import dev.warmlane.proxy.access.Authenticator;
import dev.warmlane.proxy.access.Authenticator.Identity.Allowance;
import dev.warmlane.proxy.access.JwtAuthenticator;
import dev.warmlane.proxy.access.JwtAuthenticator.JwtDecoders;
import dev.warmlane.proxy.access.Tenants;
import dev.warmlane.settings.AuthSettings;
import dev.warmlane.settings.AuthSettings.OidcSettings;
import dev.warmlane.settings.AuthSettings.OidcSettings.GroupSettings;
import dev.warmlane.settings.ReloadedFile;
import dev.warmlane.settings.WarmlaneSettings;
import dev.warmlane.settings.WarmlaneSettings.TenancySettings;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Set;
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

/** Who may send requests. Without keys and without an identity provider none of this exists. */
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

    @Bean
    @Conditional(KeysEnabled.class)
    ReloadedFile<ApiKeys> keysFile(WarmlaneSettings settings) {
        AuthSettings auth = settings.auth();
        return ReloadedFile.watch("warmlane.auth.keys-file", auth.keysFile(), auth.reload(), ApiKeysFile::parse);
    }

    @Bean
    @Conditional(TenantsEnabled.class)
    ReloadedFile<Tenants> tenantsFile(WarmlaneSettings settings) {
        return ReloadedFile.read(
                "warmlane.tenancy.secret-file", settings.tenancy().secretFile(), Tenants::new);
    }

    @Bean
    @Conditional(TenantsEnabled.class)
    Tenants tenants(ReloadedFile<Tenants> tenantsFile) {
        return tenantsFile.get();
    }

    @Bean
    AccessControl accessControl(
            WarmlaneSettings settings,
            ObjectProvider<ReloadedFile<ApiKeys>> keysFile,
            ObjectProvider<Tenants> tenants,
            ObjectProvider<ReplicaSharing> sharing,
            MeterRegistry registry) {
        ReplicaSharing replicas = sharing.getIfAvailable();
        ReloadedFile<ApiKeys> keys = keysFile.getIfAvailable();
        Authenticator byKey = keys == null
                ? key -> Mono.empty()
                : key -> Mono.justOrEmpty(keys.get().find(key));
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
}
