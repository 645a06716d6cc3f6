package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.pem.PemSslStoreBundle;
import org.springframework.boot.ssl.pem.PemSslStoreDetails;

class TlsCheckTest {
    private static Throwable failure(String certificate) {
        PemSslStoreDetails details = PemSslStoreDetails.forCertificate(certificate);
        SslBundle bundle = SslBundle.of(new PemSslStoreBundle(details, details));
        return catchThrowable(
                () -> TlsCheck.bundle("server.ssl.bundle", "web", new DefaultSslBundleRegistry("web", bundle)));
    }

    /** PEM text without its first line is taken for the name of a file. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "MC4CAQAwBQYDK2VwBCIEIHsecret/part",
                "MC4CAQAwBQYDK2VwBCIEIHsecret/part\n-----END PRIVATE KEY-----\n",
                "/aGVsbG8/secret/part\nabc",
                "file:secret/part\nabc.pem",
            })
    void whatMayBeAKeyIsNotShown(String key) {
        assertThat(failure(key))
                .hasMessageStartingWith("server.ssl.bundle: web: Unable to create key store")
                .hasMessageNotContainingAny("secret", "part", "abc", "\n");
    }

    @Test
    void aKeyOfAnyLengthIsNotShown() {
        assertThat(failure("/" + "secret/".repeat(50))).hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/no/such/file", "./no/such/file", "file:no/such/file", "classpath:no.such", "no.pem", "no/a.crt"
            })
    void thePathOfAFileIsShown(String path) {
        assertThat(failure(path)).hasMessageContaining("from file '" + path + "'");
    }
}
