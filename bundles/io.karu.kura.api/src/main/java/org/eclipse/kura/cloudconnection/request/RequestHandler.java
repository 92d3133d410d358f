package org.eclipse.kura.cloudconnection.request;

import org.eclipse.kura.KuraErrorCode;
import org.eclipse.kura.KuraException;
import org.eclipse.kura.cloudconnection.message.KuraMessage;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * An application of the gateway that answers requests of the cloud; a method that is not overridden
 * is unsupported.
 */
@ConsumerType
public interface RequestHandler {

    /**
     * Answers a request with the method DEL.
     *
     * @param context where the request came from
     * @param reqMessage the request; its property {@code args} lists the topic levels after the
     *     method
     * @return the reply; null sends none
     * @throws KuraException {@code BAD_REQUEST}, {@code NOT_FOUND}, or another code for an error of
     *     the handler
     */
    default KuraMessage doDel(RequestHandlerContext context, KuraMessage reqMessage)
            throws KuraException {
        throw new KuraException(KuraErrorCode.OPERATION_NOT_SUPPORTED);
    }

    /**
     * Answers a request with the method EXEC.
     *
     * @param context where the request came from
     * @param reqMessage the request; its property {@code args} lists the topic levels after the
     *     method
     * @return the reply; null sends none
     * @throws KuraException {@code BAD_REQUEST}, {@code NOT_FOUND}, or another code for an error of
     *     the handler
     */
    default KuraMessage doExec(RequestHandlerContext context, KuraMessage reqMessage)
            throws KuraException {
        throw new KuraException(KuraErrorCode.OPERATION_NOT_SUPPORTED);
    }

    /**
     * Answers a request with the method GET.
     *
     * @param context where the request came from
     * @param reqMessage the request; its property {@code args} lists the topic levels after the
     *     method
     * @return the reply; null sends none
     * @throws KuraException {@code BAD_REQUEST}, {@code NOT_FOUND}, or another code for an error of
     *     the handler
     */
    default KuraMessage doGet(RequestHandlerContext context, KuraMessage reqMessage)
            throws KuraException {
        throw new KuraException(KuraErrorCode.OPERATION_NOT_SUPPORTED);
    }

    /**
     * Answers a request with the method POST.
     *
     * @param context where the request came from
     * @param reqMessage the request; its property {@code args} lists the topic levels after the
     *     method
     * @return the reply; null sends none
     * @throws KuraException {@code BAD_REQUEST}, {@code NOT_FOUND}, or another code for an error of
     *     the handler
     */
    default KuraMessage doPost(RequestHandlerContext context, KuraMessage reqMessage)
            throws KuraException {
        throw new KuraException(KuraErrorCode.OPERATION_NOT_SUPPORTED);
    }

    /**
     * Answers a request with the method PUT.
     *
     * @param context where the request came from
     * @param reqMessage the request; its property {@code args} lists the topic levels after the
     *     method
     * @return the reply; null sends none
     * @throws KuraException {@code BAD_REQUEST}, {@code NOT_FOUND}, or another code for an error of
     *     the handler
     */
    default KuraMessage doPut(RequestHandlerContext context, KuraMessage reqMessage)
            throws KuraException {
        throw new KuraException(KuraErrorCode.OPERATION_NOT_SUPPORTED);
    }
}
