package io.karu.gateway.web;

import io.karu.gateway.packages.DeploymentAgent;
import jakarta.servlet.Servlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.eclipse.kura.system.SystemService;
import org.osgi.framework.Bundle;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.deploymentadmin.BundleInfo;
import org.osgi.service.deploymentadmin.DeploymentException;
import org.osgi.service.deploymentadmin.DeploymentPackage;

/**
 * The web console's page {@code packages}: what is installed; POST of a .dp as {@code
 * application/octet-stream} installs it, DELETE with {@code ?name=} uninstalls. Other content types
 * are refused, so that no foreign page's form can post here.
 */
@Component(
        service = Servlet.class,
        property = {
            "felix.webconsole.label=packages",
            "felix.webconsole.title=Deployment packages",
            "felix.webconsole.category=Karu"
        })
public final class PackagesPage extends HttpServlet {

    private static final long serialVersionUID = 1L;
    private static final String OCTETS = "application/octet-stream";

    private final transient DeploymentAgent agent;
    private final transient Path directory;

    @Activate
    public PackagesPage(@Reference DeploymentAgent agent, @Reference SystemService system) {
        this.agent = agent;
        this.directory = Path.of(system.getKuraTemporaryConfigDirectory());
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        PrintWriter page = response.getWriter();
        page.println(
                "<table class=\"nicetable\"><thead><tr><th>Package</th><th>Version</th><th>Bundle</th>"
                        + "<th>Version</th><th>State</th><th></th></tr></thead><tbody>");
        for (DeploymentPackage each : agent.list()) {
            row(page, each);
        }
        page.println(
                """
                </tbody></table>
                <p><input type="file" id="dp" accept=".dp"> <button id="install">Install</button> <span id="said"></span></p>
                <script>
                const send = (query, options) => fetch('packages' + query, options).then(async reply => {
                  if (reply.ok) { location.reload(); } else { said.textContent = await reply.text(); }
                });
                document.getElementById('install').onclick = () => {
                  const file = document.getElementById('dp').files[0];
                  if (file) {
                    said.textContent = 'installing …';
                    send('', {method: 'POST', headers: {'Content-Type': 'application/octet-stream'}, body: file});
                  }
                };
                for (const button of document.querySelectorAll('[data-package]')) {
                  button.onclick = () => send('?name=' + encodeURIComponent(button.dataset.package), {method: 'DELETE'});
                }
                </script>""");
    }

    private static void row(PrintWriter page, DeploymentPackage dp) {
        boolean first = true;
        for (BundleInfo info : dp.getBundleInfos()) {
            Bundle bundle = dp.getBundle(info.getSymbolicName());
            page.printf(
                    "<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>%n",
                    first ? dp.getName() : "",
                    first ? dp.getVersion() : "",
                    info.getSymbolicName(),
                    info.getVersion(),
                    bundle == null ? "UNINSTALLED" : state(bundle),
                    first
                            ? "<button data-package=\"" + dp.getName() + "\">Uninstall</button>"
                            : "");
            first = false;
        }
    }

    private static String state(Bundle bundle) {
        return switch (bundle.getState()) {
            case Bundle.INSTALLED -> "INSTALLED: something that it imports is missing";
            case Bundle.RESOLVED -> "RESOLVED";
            case Bundle.STARTING -> "STARTING";
            case Bundle.ACTIVE -> "ACTIVE";
            case Bundle.STOPPING -> "STOPPING";
            default -> "UNINSTALLED";
        };
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        if (!OCTETS.equals(request.getContentType())) {
            answer(
                    response,
                    HttpServletResponse.SC_UNSUPPORTED_MEDIA_TYPE,
                    "Send the package as " + OCTETS + ".");
            return;
        }
        Files.createDirectories(directory);
        Path upload = Files.createTempFile(directory, "upload", ".dp");
        try (InputStream in = request.getInputStream()) {
            Files.copy(in, upload, StandardCopyOption.REPLACE_EXISTING);
            DeploymentPackage dp = agent.install(upload);
            answer(response, HttpServletResponse.SC_OK, dp.getName() + " " + dp.getVersion());
        } catch (DeploymentException e) {
            answer(
                    response,
                    HttpServletResponse.SC_BAD_REQUEST,
                    "Refused (" + e.getCode() + "): " + e.getMessage());
        } finally {
            Files.deleteIfExists(upload);
        }
    }

    @Override
    protected void doDelete(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        String name = request.getParameter("name");
        try {
            if (agent.uninstall(name == null ? "" : name)) {
                answer(response, HttpServletResponse.SC_OK, name + " is uninstalled");
            } else {
                answer(
                        response,
                        HttpServletResponse.SC_NOT_FOUND,
                        "No package " + name + " is installed.");
            }
        } catch (DeploymentException e) {
            answer(
                    response,
                    HttpServletResponse.SC_BAD_REQUEST,
                    "Refused (" + e.getCode() + "): " + e.getMessage());
        }
    }

    private static void answer(HttpServletResponse response, int status, String text)
            throws IOException {
        response.setStatus(status);
        response.setContentType("text/plain;charset=utf-8");
        response.getWriter().println(text);
    }
}
