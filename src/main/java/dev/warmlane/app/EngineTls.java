package dev.warmlane.app;

import dev.warmlane.engines.client.ClientTls;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.PoolSettings;
import dev.warmlane.settings.WarmlaneSettings;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.util.Arrays;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslOptions;

/** Secures connections to engines by Spring Boot's SSL bundles, and follows those that are reloaded. */
final class EngineTls {
    private final WarmlaneSettings settings;
    private final SslBundles bundles;

    EngineTls(WarmlaneSettings settings, SslBundles bundles) {
        this.settings = settings;
        this.bundles = bundles;
    }

    /**
     * What secures the connections of a pool; null if its settings name no bundle.
     *
     * @throws InvalidSettingException if there is no such bundle
     */
    @Nullable
    ClientTls of(PoolSettings pool) {
        String name = settings.sslBundle(pool);
        if (name.isEmpty()) {
            return null;
        }
        try {
            ClientTls tls = new ClientTls(context(bundles.getBundle(name)), pool.serverName());
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
