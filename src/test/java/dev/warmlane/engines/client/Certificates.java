package dev.warmlane.engines.client;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Self-signed certificates made by the JDK's keytool, as PKCS #12 stores: one with the key, one to trust it by. */
public final class Certificates {
    /** Of every store. */
    public static final String PASSWORD = "changeit";

    /** Of the key derived from a password, which guards nothing here; thousands would be most of what reading a store costs. */
    private static final String ROUNDS = "1";

    private static final List<String> DERIVED = List.of(
            "keystore.pkcs12.keyPbeIterationCount",
            "keystore.pkcs12.certPbeIterationCount",
            "keystore.pkcs12.macIterationCount");

    static {
        DERIVED.forEach(key -> System.setProperty(key, ROUNDS));
    }

    private final Path folder;

    public Certificates(Path folder) {
        this.folder = folder;
    }

    /**
     * Makes a certificate.
     *
     * @param names what it is for, such as {@code ip:127.0.0.1,dns:pod.test}
     * @return the store with its key
     */
    public Path make(String alias, String names) {
        Path store = keys(alias);
        try {
            Process keytool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString(),
                            "-J-XX:TieredStopAtLevel=1",
                            "-J-XX:+UseSerialGC",
                            "-J-D" + DERIVED.get(0) + "=" + ROUNDS,
                            "-J-D" + DERIVED.get(1) + "=" + ROUNDS,
                            "-J-D" + DERIVED.get(2) + "=" + ROUNDS,
                            "-genkeypair",
                            "-alias",
                            alias,
                            "-keyalg",
                            "EC",
                            "-groupname",
                            "secp256r1",
                            "-dname",
                            "CN=" + alias,
                            "-ext",
                            "san=" + names,
                            "-validity",
                            "2",
                            "-storetype",
                            "PKCS12",
                            "-keystore",
                            store.toString(),
                            "-storepass",
                            PASSWORD)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
                throw new IllegalStateException("keytool failed for " + alias);
            }
            KeyStore trust = KeyStore.getInstance("PKCS12");
            trust.load(null, null);
            trust.setCertificateEntry(alias, load(store).getCertificate(alias));
            try (OutputStream out = Files.newOutputStream(trust(alias))) {
                trust.store(out, PASSWORD.toCharArray());
            }
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The store with the key of a certificate. */
    public Path keys(String alias) {
        return folder.resolve(alias + ".p12");
    }

    /** The store that trusts a certificate. */
    public Path trust(String alias) {
        return folder.resolve(alias + "-trust.p12");
    }

    /** Reads a store. */
    public static KeyStore load(Path store) {
        try (InputStream in = new ByteArrayInputStream(Files.readAllBytes(store))) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, PASSWORD.toCharArray());
            return keys;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
