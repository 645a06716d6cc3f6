package dev.warmlane.core.affinity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.affinity.ClientAddresses.Cidr;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressesTest {
    private final ClientAddresses addresses = new ClientAddresses(
            List.of(Cidr.parse("10.0.0.0/8"), Cidr.parse("fd00::/8")), List.of(Cidr.parse("203.0.113.0/24")));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                // peer | X-Forwarded-For | client | why
                "198.51.100.7 | 1.1.1.1 | 198.51.100.7 | an untrusted peer is the client, whatever it claims",
                "198.51.100.7 | '' | 198.51.100.7 | no header",
                "10.0.0.1 | 198.51.100.7 | 198.51.100.7 | what a trusted proxy says",
                "10.0.0.1 | '1.1.1.1, 198.51.100.7' | 198.51.100.7 | the rightmost untrusted one",
                "10.0.0.1 | '198.51.100.7, 10.9.9.9' | 198.51.100.7 | through two trusted proxies",
                "10.0.0.1 | '198.51.100.7:1234' | 198.51.100.7 | with a port",
                "10.0.0.1 | '[2001:db8::7]:443' | 2001:db8:0:0:0:0:0:7 | IPv6 with a port",
                "fd00::1 | 2001:db8::7 | 2001:db8:0:0:0:0:0:7 | IPv6 proxy",
                "10.0.0.1 | 203.0.113.9 | - | a shared network says nothing of one client",
                "203.0.113.9 | '' | - | nor does a peer in one",
                "10.0.0.1 | '' | - | a proxy that says nothing",
                "10.0.0.1 | '10.0.0.2, 10.0.0.3' | - | only proxies",
                "10.0.0.1 | unknown | - | not an address",
                "10.0.0.1 | 999.1.1.1 | - | not an address either, and never looked up",
                "10.0.0.1 | localhost | - | a name is never looked up",
                "10.0.0.1 | '198.51.100.7, bogus' | - | garbage next to us hides what is behind it",
            })
    void findsTheClient(String peer, String forwardedFor, String client, String why) throws Exception {
        List<String> header = forwardedFor.isEmpty() ? List.of() : List.of(forwardedFor);
        InetAddress found = addresses.client(InetAddress.getByName(peer), header);
        assertThat(found == null ? null : found.getHostAddress()).as(why).isEqualTo(client);
    }

    @Test
    void readsSeveralHeadersAsOneList() throws Exception {
        InetAddress found =
                addresses.client(InetAddress.getByName("10.0.0.1"), List.of("1.1.1.1, 198.51.100.7", "10.0.0.2"));
        assertThat(found).isEqualTo(InetAddress.getByName("198.51.100.7"));
    }

    @Test
    void givesUpOnAnEndlessList() throws Exception {
        String hops = "10.0.0.2, ".repeat(100_000) + "10.0.0.3";
        assertThat(addresses.client(InetAddress.getByName("10.0.0.1"), List.of(hops)))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0", "example.com", "", "10.0.0.0/x", "::1/129", "1.2.3.400"})
    void refusesWhatIsNoNetwork(String text) {
        assertThatThrownBy(() -> Cidr.parse(text)).hasMessageStartingWith("network: " + text + " (expected: ");
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.0.1, true",
        "10.0.0.0/8, 11.0.0.1, false",
        "10.1.2.3, 10.1.2.3, true",
        "10.1.2.3, 10.1.2.4, false",
        "192.168.4.0/22, 192.168.7.255, true",
        "192.168.4.0/22, 192.168.8.0, false",
        "0.0.0.0/0, 8.8.8.8, true",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "::/0, 10.0.0.1, false",
        "10.0.0.0/8, ::ffff:10.0.0.1, true",
    })
    void containsItsAddresses(String network, String address, boolean contained) throws Exception {
        assertThat(Cidr.parse(network).contains(InetAddress.getByName(address))).isEqualTo(contained);
    }
}
