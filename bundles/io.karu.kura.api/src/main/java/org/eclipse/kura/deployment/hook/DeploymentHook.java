package org.eclipse.kura.deployment.hook;

import java.util.Map;
import org.eclipse.kura.KuraException;
import org.osgi.annotation.versioning.ConsumerType;

/** Called around the download and the installation of a package whose request names it. */
@ConsumerType
public interface DeploymentHook {

    void postDownload(RequestContext context, Map<String, Object> properties) throws KuraException;

    void postInstall(RequestContext context, Map<String, Object> properties) throws KuraException;

    void preDownload(RequestContext context, Map<String, Object> properties) throws KuraException;
}
