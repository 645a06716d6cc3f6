package dev.warmlane.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class SharedSecretTest {

    /** The first of RFC 8032, section 7.1; so every Java derives the same key, and replicas on several understand each other. */
    @Test
    void derivesTheKeyThatTheStandardSays() throws Exception {
        byte[] seed = HexFormat.of().parseHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        byte[] encoded = SharedSecret.keyPair(seed).getPublic().getEncoded();
        assertThat(HexFormat.of().formatHex(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length)))
                .isEqualTo("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    }
}
