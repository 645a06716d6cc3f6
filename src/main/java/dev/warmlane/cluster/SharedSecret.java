package dev.warmlane.cluster;

import dev.warmlane.core.hash.Sha256.Hmac;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.EdECPrivateKey;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.function.Supplier;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Mutual TLS between those who know one secret. All derive the same Ed25519 key pair from it, show a certificate of that key, and
 * trust whoever shows and proves the same one. Dates on the certificate mean nothing, so clocks do not matter. Immutable.
 *
 * <p>Whoever connects sees the public key and can try secrets against it at leisure, one of PBKDF2's 210,000 rounds at a time.
 */
public final class SharedSecret implements Supplier<SSLContext> {
    private static final int ROUNDS = 210_000;
    private static final byte[] ED25519 = {0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70};

    private final SSLContext context;
    private final Hmac settings;

    /**
     * Takes the time of PBKDF2's rounds.
     *
     * @param cluster clusters of different names have different keys, whatever their secrets
     */
    public SharedSecret(String secret, String cluster) {
        try {
            byte[] seed = seed(secret, cluster);
            this.context = context(keyPair(seed));
            this.settings = new Hmac(new Hmac(seed).of("settings"));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("cannot derive a key from the cluster's secret", e);
        }
    }

    /** What secures the connections of a member. */
    @Override
    public SSLContext get() {
        return context;
    }

    /** Hashes what members compare of their settings, the same at each of them. */
    public Hmac settingsHash() {
        return settings;
    }

    private static SSLContext context(KeyPair pair) throws GeneralSecurityException, IOException {
        char[] password = new char[0];
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, password);
        store.setKeyEntry("member", pair.getPrivate(), password, new X509Certificate[] {certificate(pair)});
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, password);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), new TrustManager[] {new SameKey(pair.getPublic())}, null);
        return context;
    }

    private static byte[] seed(String secret, String cluster) throws GeneralSecurityException {
        byte[] salt = ("warmlane cluster " + cluster).getBytes(StandardCharsets.UTF_8);
        PBEKeySpec spec = new PBEKeySpec(secret.toCharArray(), salt, ROUNDS, 256);
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                    .generateSecret(spec)
                    .getEncoded();
        } finally {
            spec.clearPassword();
        }
    }

    /** The private key is the seed itself; Java has no other way to the public one than to let it be generated. */
    static KeyPair keyPair(byte[] seed) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
        generator.initialize(NamedParameterSpec.ED25519, new Fixed(seed));
        KeyPair pair = generator.generateKeyPair();
        byte[] taken = ((EdECPrivateKey) pair.getPrivate()).getBytes().orElseThrow();
        if (!Arrays.equals(taken, seed)) {
            throw new GeneralSecurityException("this Java does not take its key from the seed");
        }
        return pair;
    }

    private static X509Certificate certificate(KeyPair pair) throws GeneralSecurityException {
        byte[] name = der(
                0x30, der(0x31, der(0x30, join(new byte[] {0x06, 0x03, 0x55, 0x04, 0x03}, text(0x0c, "warmlane")))));
        byte[] body = der(
                0x30,
                join(
                        der(0xa0, new byte[] {0x02, 0x01, 0x02}),
                        der(0x02, BigInteger.ONE.toByteArray()),
                        ED25519,
                        name,
                        der(0x30, join(text(0x17, "200101000000Z"), text(0x18, "99991231235959Z"))),
                        name,
                        pair.getPublic().getEncoded()));
        byte[] whole = der(0x30, join(body, ED25519, der(0x03, join(new byte[1], sign(pair.getPrivate(), body)))));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole));
    }

    private static byte[] sign(PrivateKey key, byte[] body) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(key);
        signature.update(body);
        return signature.sign();
    }

    private static byte[] text(int tag, String text) {
        return der(tag, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** One value of ASN.1, at most 65,535 bytes long. */
    private static byte[] der(int tag, byte[] value) {
        int length = value.length;
        byte[] head = length < 0x80
                ? new byte[] {(byte) tag, (byte) length}
                : new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
        // DER wants the shortest form.
        if (length >= 0x80 && length < 0x100) {
            head = new byte[] {(byte) tag, (byte) 0x81, (byte) length};
        }
        return join(head, value);
    }

    private static byte[] join(byte[]... parts) {
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        byte[] whole = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, whole, at, part.length);
            at += part.length;
        }
        return whole;
    }

    /** Not random at all: the one seed that a key is made of. */
    private static final class Fixed extends SecureRandom {
        private static final long serialVersionUID = 1L;
        private final byte[] seed;

        private Fixed(byte[] seed) {
            this.seed = seed.clone();
        }

        @Override
        public void nextBytes(byte[] bytes) {
            System.arraycopy(seed, 0, bytes, 0, bytes.length);
        }
    }

    /** Trusts one public key, and looks at nothing else; that the other side has its private part, the handshake proves. */
    private static final class SameKey extends X509ExtendedTrustManager {
        private final PublicKey key;

        private SameKey(PublicKey key) {
            this.key = key;
        }

        private void check(X509Certificate[] chain) throws CertificateException {
            if (chain.length == 0 || !chain[0].getPublicKey().equals(key)) {
                throw new CertificateException("not a member that knows the cluster's secret");
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, @Nullable SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
