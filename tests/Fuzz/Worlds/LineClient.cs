using System.Net.Sockets;

namespace WireGuard.Fuzz;

/// <summary>Says everything it has to say to a local socket, closes its side, and reads what comes until the other hangs up.</summary>
internal static class LineClient
{
    // Ends a run that would hang; a busy machine may take its time.
    private const int Patience = 60_000;

    internal static byte[] Ask(string path, byte[] request)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.SendTimeout = socket.ReceiveTimeout = Patience;
        socket.Connect(new UnixDomainSocketEndPoint(path));
        try
        {
            for (var sent = 0; sent < request.Length;)
                sent += socket.Send(request, sent, request.Length - sent, SocketFlags.None);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.Shutdown or SocketError.ConnectionReset)
        {
            // The other has heard enough; what it said is still there.
        }

        using var answer = new MemoryStream();
        var buffer = new byte[16 * 1024];
        while (Receive(socket, buffer) is > 0 and var read)
            answer.Write(buffer, 0, read);
        return answer.ToArray();
    }

    private static int Receive(Socket socket, byte[] buffer)
    {
        try
        {
            return socket.Receive(buffer);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            return 0;
        }
    }
}
