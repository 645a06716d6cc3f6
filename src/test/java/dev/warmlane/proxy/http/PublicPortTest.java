package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;

class PublicPortTest {

    @Example
    void takesThePathsOfTheRoutes() {
        assertThat(List.of(
                        "/",
                        "/tokenize",
                        "/v1/chat/completions",
                        "/v1/responses/resp_0-9.a~Z/cancel",
                        "/v1/responses/...",
                        "/.well-known"))
                .allMatch(PublicPort::isPlain);
    }

    @Example
    void refusesEverySpellingThatCouldMeanAnotherPath() {
        assertThat(List.of(
                        "",
                        "v1",
                        "*",
                        "//",
                        "//v1",
                        "/v1/",
                        "/v1//models",
                        "/.",
                        "/..",
                        "/v1/./models",
                        "/v1/../models",
                        "/v1/..",
                        "/%761",
                        "/v1%2fmodels",
                        "/v1/%2e%2e",
                        "/v1;a=b/models",
                        "/v1\\models",
                        "/v1/mod els",
                        "/v1/mod\u0000els",
                        "/v1/mod\u00e9ls",
                        "/v1/@",
                        "/v1/a:b"))
                .noneMatch(PublicPort::isPlain);
    }

    @Example
    void takesTheNameOfAModelHoweverItIsEscaped() {
        assertThat(List.of("/v1/models/a", "/v1/models/org/a:8b", "/v1/models/org%2Fa%3a8b", "/v1/models/%E6%A8%A1"))
                .allMatch(PublicPort::isModel);
        assertThat(List.of("/v1/models/", "/v1/models/a%2", "/v1/models/a b", "/v1/modelsa", "/v1/chat/a"))
                .noneMatch(PublicPort::isModel);
    }

    @Property
    void aPlainPathMeansWhatItSays(
            @ForAll @Chars({'/', '.', '%', ';', '2', 'e', 'f', '+'}) @StringLength(max = 12) String tail) {
        String path = "/" + tail;
        if (PublicPort.isPlain(path)) {
            assertThat(URLDecoder.decode(path, StandardCharsets.UTF_8)).isEqualTo(path);
            assertThat(URI.create("http://host" + path).normalize().getPath()).isEqualTo(path);
        }
    }

    @Property
    void anyRunOfUnreservedSegmentsIsPlain(
            @ForAll List<@CharRange(from = 'a', to = 'z') @StringLength(min = 1, max = 9) String> segments) {
        assertThat(PublicPort.isPlain("/" + String.join("/", segments))).isTrue();
    }

    @Property
    void nothingElseIsPlain(@ForAll String tail) {
        if (PublicPort.isPlain("/" + tail)) {
            assertThat(tail).matches("[A-Za-z0-9._~/-]*");
            assertThat(Arrays.asList(tail.split("/", -1))).doesNotContain(".", "..");
        }
    }
}
