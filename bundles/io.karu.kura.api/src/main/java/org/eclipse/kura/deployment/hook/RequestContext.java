package org.eclipse.kura.deployment.hook;

/** The request that a hook is called for. */
public class RequestContext {

    private final String downloadFilePath;
    private final String requestType;

    public RequestContext(String downloadFilePath, String requestType) {
        this.downloadFilePath = downloadFilePath;
        this.requestType = requestType;
    }

    public String getDownloadFilePath() {
        return this.downloadFilePath;
    }

    public String getRequestType() {
        return this.requestType;
    }
}
