package dev.warmlane.tools;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Version, commit and Java, as far as the build has noted them. */
public final class WarmlaneVersion implements IVersionProvider {

    @Override
    public String[] getVersion() throws IOException {
        String version = read("/META-INF/build-info.properties").getProperty("build.version", "without a version");
        String commit = read("/git.properties").getProperty("git.commit.id.abbrev", "");
        return new String[] {
            "Warmlane " + version + (commit.isEmpty() ? "" : " (" + commit + ")"),
            "Java %s, %s".formatted(System.getProperty("java.version"), System.getProperty("java.vendor"))
        };
    }

    private static Properties read(String resource) throws IOException {
        Properties properties = new Properties();
        try (InputStream in = WarmlaneVersion.class.getResourceAsStream(resource)) {
            if (in != null) {
                properties.load(in);
            }
        }
        return properties;
    }
}
