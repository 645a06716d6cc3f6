package dev.warmlane.app;

import dev.warmlane.engines.tls.ClientTls;
import dev.warmlane.engines.tls.PoolTls;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslOptions;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Secures connections to engines by Spring Boot's SSL bundles, and follows those that are reloaded. */
@Configuration(proxyBeanMethods = false)
class TlsConfiguration {

    @Bean
    PoolTls poolTls(WarmlaneSettings settings, SslBundles bundles) {
        Map<String, ClientTls> pools = new HashMap<>();
        for (PoolSettings pool : settings.pools()) {
            String bundle = settings.sslBundle(pool);
            if (!bundle.isEmpty()) {
                pools.put(pool.name(), follow(bundles, bundle, pool.serverName()));
            }
        }
        return new PoolTls(pools);
    }

    private static ClientTls follow(SslBundles bundles, String name, @Nullable String serverName) {
        try {
            ClientTls tls = new ClientTls(context(bundles.getBundle(name)), serverName);
            bundles.addBundleUpdateHandler(name, renewed -> tls.renew(context(renewed)));
            return tls;
        } catch (NoSuchSslBundleException e) {
            throw new InvalidSettingException("ssl-bundle", name, "the name of a bundle in spring.ssl.bundle");
        }
    }

    private static SslContext context(SslBundle bundle) {
        SslContextBuilder builder = SslContextBuilder.forClient()
                .keyManager(bundle.getManagers().getKeyManagerFactory())
                .trustManager(bundle.getManagers().getTrustManagerFactory());
        SslOptions options = bundle.getOptions();
        if (options.getCiphers() != null) {
            builder.ciphers(Arrays.asList(options.getCiphers()));
        }
        if (options.getEnabledProtocols() != null) {
            builder.protocols(options.getEnabledProtocols());
        }
        try {
            return builder.build();
        } catch (SSLException e) {
            throw new IllegalStateException("the SSL bundle cannot be used", e);
        }
    }
}
