package dev.warmlane.harness;

import dev.warmlane.core.hash.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;

/** Files of API keys. */
public final class HashedKeys {
    private HashedKeys() {}

    public static String file(List<String> entries) {
        return "keys:\n" + String.join("", entries);
    }

    /** @param more a further field, or nothing */
    public static String entry(String name, String key, String more) {
        return "  - name: %s\n    sha256: %s\n    %s\n"
                .formatted(name, HexFormat.of().formatHex(Sha256.of(key)), more);
    }

    /** Settings of a gateway with these keys that tells tenants apart. */
    public static String[] settings(Path folder, String... entries) throws IOException {
        Path keys = Files.writeString(folder.resolve("keys.yaml"), file(List.of(entries)));
        Path secret = Files.writeString(folder.resolve("secret"), "a secret of thirty-two bytes or more");
        return new String[] {"warmlane.auth.keys-file=" + keys, "warmlane.tenancy.secret-file=" + secret};
    }
}
