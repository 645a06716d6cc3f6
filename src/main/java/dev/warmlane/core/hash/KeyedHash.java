package dev.warmlane.core.hash;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA256 (RFC 2104) under one key: whoever does not have it cannot try what was hashed. Safe for concurrent use. */
public final class KeyedHash {
    private static final String ALGORITHM = "HmacSHA256";

    /** Keyed and never fed: every use clones it, which spares deriving the key's pads anew. */
    private final Mac keyed;

    /** @param key at least one byte; 32 random ones are as good as it gets */
    public KeyedHash(byte[] key) {
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
