package dev.warmlane.app;

import dev.warmlane.settings.InvalidSettingException;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.boot.autoconfigure.ssl.PemSslBundleProperties;
import org.springframework.boot.autoconfigure.ssl.PropertiesSslBundle;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.io.ApplicationResourceLoader;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.server.WebServerSslBundle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Stops the start at certificates and keys that cannot be used, and names the setting that they are for, before a server needs them. */
@Configuration(proxyBeanMethods = false)
class TlsCheck {
    private static final String NAME = "the name of a bundle in spring.ssl.bundle";

    /** To the last quote, as a value may have some. */
    private static final Pattern QUOTED = Pattern.compile("'(.*)'", Pattern.DOTALL);

    /** One short line that begins as a path does, or ends as a file of keys; keys in base64 have slashes within. */
    private static final Pattern PATH =
            Pattern.compile("(?=.{1,200}$)((/|\\.{1,2}/|file:|classpath:).*|.*\\.(pem|crt|cer|key|p12|pfx|jks))");

    /** Before the servers are made; of both, as the management port's comes later. */
    @Bean
    @Order(Ordered.HIGHEST_PRECEDENCE)
    WebServerFactoryCustomizer<NettyReactiveWebServerFactory> certificatesCanBeUsed(
            Environment environment, SslBundles bundles, SslProperties properties) {
        return factory -> {
            checkServer("server.ssl", environment, bundles);
            checkServer("management.server.ssl", environment, bundles);
            for (String name : bundles.getBundleNames()) {
                check("spring.ssl.bundle", name, bundles.getBundle(name));
            }
            properties.getBundle().getPem().forEach((name, pem) -> checkPair(name, pem));
        };
    }

    /**
     * Checks that the key belongs to the certificate, now and whenever the files are reloaded; a reload that fails keeps the old pair, where
     * a certificate without its key would serve nobody. Spring checks only if it is told to; told earlier, it would end the start with
     * a stack trace.
     */
    private static void checkPair(String name, PemSslBundleProperties pem) {
        PemSslBundleProperties.Store store = pem.getKeystore();
        if (store.getPrivateKey() == null || store.getCertificate() == null) {
            return;
        }
        store.setVerifyKeys(true);
        try {
            PropertiesSslBundle.get(pem, ApplicationResourceLoader.get());
        } catch (RuntimeException e) {
            throw unusable("spring.ssl.bundle", name, e);
        }
    }

    private static void checkServer(String prefix, Environment environment, SslBundles bundles) {
        Ssl ssl = Binder.get(environment).bind(prefix, Ssl.class).orElse(null);
        if (ssl == null || !Ssl.isEnabled(ssl)) {
            return;
        }
        String name = ssl.getBundle();
        if (name != null) {
            bundle(prefix + ".bundle", name, bundles);
            return;
        }
        SslBundle own;
        try {
            own = WebServerSslBundle.get(ssl, bundles);
        } catch (RuntimeException e) {
            throw new InvalidSettingException(prefix, reason(e));
        }
        check(prefix, "", own);
    }

    /** @throws InvalidSettingException if the bundle that the setting names does not exist, or cannot be used */
    static SslBundle bundle(String key, String name, SslBundles bundles) {
        SslBundle bundle;
        try {
            bundle = bundles.getBundle(name);
        } catch (NoSuchSslBundleException e) {
            throw new InvalidSettingException(key, name, NAME);
        }
        check(key, name, bundle);
        return bundle;
    }

    /** What is read, if all of it can be used. Fails with whatever is wrong with it. */
    static SslBundle checked(Supplier<SslBundle> read) {
        SslBundle bundle = read.get();
        use(bundle);
        return bundle;
    }

    private static void check(String key, String name, SslBundle bundle) {
        try {
            use(bundle);
        } catch (RuntimeException e) {
            throw unusable(key, name, e);
        }
    }

    /** Reads all that is in it. */
    private static void use(SslBundle bundle) {
        bundle.getStores().getKeyStore();
        bundle.getStores().getTrustStore();
        bundle.createSslContext();
    }

    private static InvalidSettingException unusable(String key, String name, RuntimeException failure) {
        return new InvalidSettingException(
                key,
                (name.isEmpty() ? "" : name + ": ") + reason(failure)
                        + " (expected: certificates and keys that can be used)");
    }

    /**
     * What it says, and what the first of its causes said. Both quote what was taken for the name of a file, and that is a key where its
     * PEM text lacks the first line, so only what is plainly a path is shown.
     */
    static String reason(Throwable failure) {
        String said = String.valueOf(failure.getMessage());
        Matcher quoted = QUOTED.matcher(said);
        if (quoted.find() && !PATH.matcher(quoted.group(1)).matches()) {
            return said.substring(0, quoted.start()) + "*** (no path, and PEM text begins with -----BEGIN)";
        }
        String message = firstLine(said);
        Throwable first = failure;
        while (first.getCause() != null) {
            first = first.getCause();
        }
        String cause = firstLine(String.valueOf(first.getMessage()));
        return message.contains(cause) ? message : message + ": " + cause;
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
