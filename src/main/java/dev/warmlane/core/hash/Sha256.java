package dev.warmlane.core.hash;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** SHA-256 (FIPS 180-4): 32 bytes, which nobody can turn back; under a key as {@link Hmac}. Safe from any thread. */
public final class Sha256 {
    private Sha256() {}

    /** The hash of these bytes, one after the other. */
    public static byte[] of(Iterable<byte[]> parts) {
        MessageDigest digest = digest();
        parts.forEach(digest::update);
        return digest.digest();
    }

    /** The hash of these bytes. */
    public static byte[] of(byte[] bytes) {
        return digest().digest(bytes);
    }

    /** The hash of a text in UTF-8. */
    public static byte[] of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** HMAC-SHA256 (RFC 2104) under one key: whoever does not have it cannot try what was hashed. Safe for concurrent use. */
    public static final class Hmac {
        private static final String ALGORITHM = "HmacSHA256";

        /** Keyed and never fed: every use clones it, which spares deriving the key's pads anew. */
        private final Mac keyed;

        /** @param key at least one byte; 32 random ones are as good as it gets */
        public Hmac(byte[] key) {
            try {
                keyed = Mac.getInstance(ALGORITHM);
                keyed.init(new SecretKeySpec(key, ALGORITHM));
            } catch (NoSuchAlgorithmException | InvalidKeyException e) {
                throw new IllegalStateException("every Java has " + ALGORITHM, e);
            }
        }

        /** The hash of texts, 32 bytes, told apart from any other split of the same characters. */
        public byte[] of(String... texts) {
            try {
                Mac mac = (Mac) keyed.clone();
                for (String text : texts) {
                    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
                    mac.update(new byte[] {
                        (byte) (bytes.length >>> 24),
                        (byte) (bytes.length >>> 16),
                        (byte) (bytes.length >>> 8),
                        (byte) bytes.length
                    });
                    mac.update(bytes);
                }
                return mac.doFinal();
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException("the JDK's own " + ALGORITHM + " can be cloned", e);
            }
        }
    }
}
