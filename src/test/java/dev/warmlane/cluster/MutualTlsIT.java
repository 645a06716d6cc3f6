package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.engines.client.Certificates;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MutualTlsIT {
    @TempDir
    private Path folder;

    @Test
    void onlyThoseWhoTrustEachOthersCertificatesAreMembers() throws Exception {
        Certificates certificates = new Certificates(folder);
        for (String name : List.of("a", "b", "stranger")) {
            certificates.make(name, "dns:" + name);
        }
        SSLContext a = context(certificates, "a", "a", "b");
        SSLContext b = context(certificates, "b", "a", "b");
        SSLContext c = context(certificates, "stranger", "a", "b");
        List<Integer> ports = Replica.freePorts(3);
        try (Replica first = new Replica(ports.get(0), ports, "a", () -> a).start();
                Replica second = new Replica(ports.get(1), ports, "b", () -> b).start();
                Replica stranger = new Replica(ports.get(2), ports, "c", () -> c).start()) {
            await().until(() -> first.size() == 2 && second.size() == 2);
            await().until(() -> first.statistics().connectionsRefused() > 0);
            stranger.publish("let me in");
            first.publish("hello");
            await().untilAsserted(() -> assertThat(second.received).containsExactly("a hello"));
            assertThat(stranger.size()).isEqualTo(1);
            assertThat(first.size()).isEqualTo(2);
        }
    }

    private static SSLContext context(Certificates certificates, String own, String... trusted) throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store(certificates.keys(own)), Certificates.PASSWORD.toCharArray());
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        for (String name : trusted) {
            trust.setCertificateEntry(name, store(certificates.trust(name)).getCertificate(name));
        }
        TrustManagerFactory trusts = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusts.init(trust);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trusts.getTrustManagers(), null);
        return context;
    }

    private static KeyStore store(Path file) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, Certificates.PASSWORD.toCharArray());
        }
        return store;
    }
}
