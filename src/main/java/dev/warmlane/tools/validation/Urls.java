package dev.warmlane.tools.validation;

import java.net.URI;

/** Paths below a base URL, which may have a path of its own and may end with a slash. */
final class Urls {
    private Urls() {}

    static URI under(URI base, String path) {
        return URI.create(base.toString().replaceAll("/+$", "") + path);
    }

    /** @throws IllegalArgumentException if it is not an http or https URL with a host */
    static URI checked(String option, URI url) {
        boolean isHttp = "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
        if (!isHttp || url.getHost() == null || url.getUserInfo() != null || url.getQuery() != null) {
            throw new IllegalArgumentException("%s: %s (expected: http://host:port)".formatted(option, url));
        }
        return url;
    }
}
