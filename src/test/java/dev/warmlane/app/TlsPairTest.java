package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.app.TlsReload.BundleWatch;
import dev.warmlane.app.TlsReload.Watched;
import dev.warmlane.engines.client.Certificates;
import dev.warmlane.settings.InvalidSettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStore.PasswordProtection;
import java.security.KeyStore.PrivateKeyEntry;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.autoconfigure.ssl.SslProperties;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslStoreBundle;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A certificate and the key beside it, in two files, of which one may be replaced before the other. */
@ExtendWith(OutputCaptureExtension.class)
class TlsPairTest {
    private static Certificates certificates;
    private static PrivateKeyEntry one;
    private static PrivateKeyEntry two;

    @TempDir
    private Path directory;

    private ApplicationContextRunner files;

    @BeforeAll
    static void make(@TempDir Path stores) throws Exception {
        certificates = new Certificates(stores);
        one = made("one");
        two = made("two");
    }

    @BeforeEach
    void configure() {
        files = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class))
                .withUserConfiguration(TlsReload.class)
                .withPropertyValues(
                        "spring.ssl.bundle.watch.file.quiet-period=100ms",
                        "spring.ssl.bundle.pem.web.reload-on-update=true",
                        "spring.ssl.bundle.pem.web.keystore.certificate=" + directory.resolve("tls.crt"),
                        "spring.ssl.bundle.pem.web.keystore.private-key=" + directory.resolve("tls.key"));
    }

    @Test
    void aKeyOfAnotherCertificateStopsTheStart() throws Exception {
        writeCertificate(one);
        writeKey(two);
        files.run(context -> assertThatThrownBy(() -> check(context))
                .isInstanceOf(InvalidSettingException.class)
                .hasMessage(
                        "spring.ssl.bundle: web: Private key in keystore matches none of the certificates in the chain"
                                + " (expected: certificates and keys that can be used)"));
    }

    @Test
    void aCertificateThatIsReplacedBeforeItsKeyIsServedOnceBothFit(CapturedOutput output) throws Exception {
        writeCertificate(one);
        writeKey(one);
        files.run(context -> {
            check(context);
            writeCertificate(two);
            await().until(() -> output.getAll().contains("matches none of the certificates"));
            assertThat(served(context)).isEqualTo(one.getCertificate());
            writeKey(two);
            await().until(() -> served(context).equals(two.getCertificate()));
        });
    }

    @Test
    void aFileThatIsNoCertificateIsNamedInOneLineAndTheEarlierOneStays(CapturedOutput output) throws Exception {
        writeCertificate(one);
        writeKey(one);
        files.run(context -> {
            check(context);
            Files.writeString(directory.resolve("tls.crt"), "no certificate");
            await().untilAsserted(() -> assertThat(output.getAll())
                    .contains("SSL bundle web: cannot be reloaded from " + directory.resolve("tls.crt") + ", "
                            + directory.resolve("tls.key")
                            + ": Missing certificates or unrecognized format; the earlier one stays in use"));
            assertThat(output.getAll()).doesNotContain("\tat ");
            assertThat(served(context)).isEqualTo(one.getCertificate());
        });
    }

    @Test
    void aStoreThatIsBrokenIsHandedToNobody(CapturedOutput output) throws Exception {
        Path store = Files.copy(certificates.keys("one"), directory.resolve("web.p12"));
        files.withPropertyValues(
                        "spring.ssl.bundle.jks.store.reload-on-update=true",
                        "spring.ssl.bundle.jks.store.keystore.location=file:" + store,
                        "spring.ssl.bundle.jks.store.keystore.password=" + Certificates.PASSWORD)
                .run(context -> {
                    List<SslBundle> taken = new CopyOnWriteArrayList<>();
                    context.getBean(SslBundles.class).addBundleUpdateHandler("store", taken::add);
                    Files.writeString(store, "no store");
                    await().until(() -> output.getAll().contains("SSL bundle store: cannot be reloaded from " + store));
                    assertThat(taken).isEmpty();
                    assertThat(output.getAll()).doesNotContain("\tat ");
                    Files.copy(certificates.keys("two"), store, StandardCopyOption.REPLACE_EXISTING);
                    await().until(() -> taken.size() == 1);
                });
    }

    @Test
    void aFileThatBecomesReadableLaterIsReadThenAndItsTroubleIsToldOnce(CapturedOutput output) throws Exception {
        Path file = Files.writeString(directory.resolve("tls.crt"), "earlier");
        Queue<SslBundle> readable = new ArrayDeque<>();
        Watched bundle = new Watched("web", List.of(file), () -> {
            if (readable.isEmpty()) {
                throw new IllegalStateException("Permission denied");
            }
            return readable.remove();
        });
        DefaultSslBundleRegistry registry = new DefaultSslBundleRegistry("web", SslBundle.of(SslStoreBundle.NONE));
        SslBundle renewed = SslBundle.of(SslStoreBundle.NONE);
        try (BundleWatch watch = new BundleWatch(List.of(), registry, Duration.ZERO)) {
            Files.writeString(file, "the renewed one");
            for (int look = 0; look < 4; look++) {
                watch.look(bundle);
            }
            assertThat(output.getAll()).containsOnlyOnce("web: cannot be reloaded from " + file);
            readable.add(renewed);
            watch.look(bundle);
            watch.look(bundle);
        }
        assertThat(registry.getBundle("web")).isSameAs(renewed);
        // Of this file: the thread of another test may say only now that it has read its own.
        assertThat(output.getAll()).containsOnlyOnce("web: reloaded from " + file);
    }

    @Test
    void whatIsNoFileCannotBeReadAnew() throws Exception {
        writeKey(one);
        files.withPropertyValues("spring.ssl.bundle.pem.web.keystore.certificate=base64:AAAA")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessage("spring.ssl.bundle.pem.web.keystore.certificate: no file"
                                + " (expected: one, as reload-on-update is true)"));
    }

    private static void check(AssertableApplicationContext context) {
        new TlsCheck()
                .certificatesCanBeUsed(
                        context.getEnvironment(),
                        context.getBean(SslBundles.class),
                        context.getBean(SslProperties.class))
                .customize(null);
    }

    private static Certificate served(AssertableApplicationContext context) throws GeneralSecurityException {
        KeyStore store =
                context.getBean(SslBundles.class).getBundle("web").getStores().getKeyStore();
        return store.getCertificate(Collections.list(store.aliases()).get(0));
    }

    private static PrivateKeyEntry made(String alias) throws GeneralSecurityException {
        KeyStore store = Certificates.load(certificates.make(alias, "ip:127.0.0.1"));
        return (PrivateKeyEntry) store.getEntry(alias, new PasswordProtection(Certificates.PASSWORD.toCharArray()));
    }

    private void writeCertificate(PrivateKeyEntry pair) throws IOException, GeneralSecurityException {
        write("tls.crt", "CERTIFICATE", pair.getCertificate().getEncoded());
    }

    private void writeKey(PrivateKeyEntry pair) throws IOException {
        write("tls.key", "PRIVATE KEY", pair.getPrivateKey().getEncoded());
    }

    private void write(String file, String what, byte[] encoded) throws IOException {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
        Files.writeString(
                directory.resolve(file), "-----BEGIN %1$s-----%n%2$s%n-----END %1$s-----%n".formatted(what, text));
    }
}
