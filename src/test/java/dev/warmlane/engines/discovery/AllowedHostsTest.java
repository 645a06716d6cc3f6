package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllowedHostsTest {
    private static final InetSocketAddress SERVER = new InetSocketAddress("10.0.0.1", 8000);
    private static final InetSocketAddress METADATA = new InetSocketAddress("169.254.169.254", 80);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1",
                "100.64.0.1",
                "192.168.1.255",
                "8.8.8.8",
                "fd00::1",
                "2001:db8::1",
                "::ffff:10.0.0.1",
                "64:ff9b::10.0.0.1",
                "2002:0a00:1::1",
                "gpu-1",
                "gpu-1.example.com",
                "GPU-1.Example.com.",
                "3com.example",
                "vllm.default.svc.cluster.local"
            })
    void allowsHostsOfServers(String host) {
        assertThat(AllowedHosts.refusal(host)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "169.254.169.254, link-local address",
        "169.254.0.1, link-local address",
        "fe80::1, link-local address",
        "febf::1, link-local address",
        "::ffff:169.254.169.254, link-local address",
        "::169.254.169.254, link-local address",
        "64:ff9b::169.254.169.254, link-local address",
        "2002:a9fe:a9fe::1, link-local address",
        "64:ff9b::100.100.100.200, cloud metadata server",
        "ff02::1, address of no single host",
        "::ffff:0.0.0.0, address of no single host",
        "2002:0:0::, address of no single host",
        "64:ff9b::255.255.255.255, address of no single host",
        "100.100.100.200, cloud metadata server",
        "fd00:ec2::254, cloud metadata server",
        "metadata.google.internal, cloud metadata server",
        "Metadata.Google.Internal., cloud metadata server",
        "0.0.0.0, address of no single host",
        "::, address of no single host",
        "224.0.0.1, address of no single host",
        "255.255.255.255, address of no single host",
        "fe80::1%eth0, neither an IP address nor a DNS name",
        "2852039166, neither an IP address nor a DNS name",
        "0xa9fea9fe, neither an IP address nor a DNS name",
        "0251.0376.0251.0376, neither an IP address nor a DNS name",
        "169.254.43518, neither an IP address nor a DNS name",
        "10.0.0.256, neither an IP address nor a DNS name",
        "a b, neither an IP address nor a DNS name",
        "user@host, neither an IP address nor a DNS name",
        "host/path, neither an IP address nor a DNS name",
        "'', neither an IP address nor a DNS name",
        "1::2::3, not an IP address"
    })
    void refusesHostsThatMeanSomethingElse(String host, String reason) {
        assertThat(AllowedHosts.refusal(host)).isEqualTo(reason);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST.", "a.localhost"})
    void allowsThisMachine(String host) {
        assertThat(AllowedHosts.refusal(host)).isNull();
    }

    @Property
    void refusesEveryLinkLocalAddress(@ForAll @IntRange(max = 255) int third, @ForAll @IntRange(max = 255) int fourth) {
        assertThat(AllowedHosts.refusal("169.254." + third + "." + fourth)).isEqualTo("link-local address");
    }

    @Property
    void takesNothingWithAColonForADnsName(
            @ForAll @StringLength(max = 60) @CharRange(from = '.', to = ':') @CharRange(from = 'a', to = 'g')
                    String host) {
        assertThat(AllowedHosts.refusal(host + ":g")).isEqualTo("neither an IP address nor a DNS name");
    }

    @Test
    void keepsTheAddressesThatANameOfAServerResolvesTo() {
        List<InetSocketAddress> resolved = List.of(SERVER, new InetSocketAddress("127.0.0.1", 8000));
        assertThat(AllowedHosts.among(resolved)).isSameAs(resolved);
    }

    @Test
    void dropsAddressesThatNoEndpointMayHave() {
        assertThat(AllowedHosts.among(List.of(METADATA, SERVER))).isEqualTo(List.of(SERVER));
        assertThat(AllowedHosts.among(List.of(METADATA))).isEmpty();
    }
}
