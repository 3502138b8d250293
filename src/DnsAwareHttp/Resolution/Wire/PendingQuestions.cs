using System.Buffers.Binary;
using DnsAwareHttp.Concurrency;

namespace DnsAwareHttp.Resolution.Wire;

/// <summary>The questions under way on one connection. Each reply is matched by its id and by the question that it repeats.</summary>
internal sealed class PendingQuestions(TimeProvider timeProvider)
{
    /// <summary>A connection that brought nothing for this time while a question waited may be dead. It takes no further
    /// question.</summary>
    public static readonly TimeSpan DoubtAfter = TimeSpan.FromMilliseconds(500);

    private const int MaxQuestions = 1024;

    private readonly OrderedLock _lock = new(LockRank.SecureServers);
    private readonly Dictionary<ushort, Pending> _questions = [];
    private long _heardAt = timeProvider.GetTimestamp();
    private volatile bool _isClosed;

    /// <summary>Whether no further question is taken.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>Takes a question under a random id that is free.</summary>
    /// <returns>Null when no question is taken.</returns>
    public Pending? TryAdd(DnsQuery query)
    {
        using (_lock.Enter())
        {
            if (_isClosed || _questions.Count == MaxQuestions)
            {
                return null;
            }

            Pending question;
            do
            {
                question = new Pending(query, MessageId.Next(), timeProvider.GetTimestamp());
            }
            while (!_questions.TryAdd(question.Id, question));

            return question;
        }
    }

    /// <summary>Ends a question, answered or not.</summary>
    /// <returns>Whether it was the last one.</returns>
    public bool Remove(Pending question)
    {
        using (_lock.Enter())
        {
            _questions.Remove(question.Id);

            // A connection whose other end has vanished breaks only after many minutes. The next question goes to a new one.
            if (!question.Reply.IsCompleted && _heardAt <= question.AskedAt && timeProvider.GetElapsedTime(question.AskedAt) >= DoubtAfter)
            {
                _isClosed = true;
            }

            return _questions.Count == 0;
        }
    }

    /// <summary>Closes for new questions, unless a question is under way.</summary>
    /// <returns>Whether no question is under way.</returns>
    public bool TryClose()
    {
        using (_lock.Enter())
        {
            bool isIdle = _questions.Count == 0;
            _isClosed |= isIdle;
            return isIdle;
        }
    }

    /// <summary>Ends all questions without a reply, and closes for new ones.</summary>
    public void CloseAll()
    {
        using (_lock.Enter())
        {
            _isClosed = true;
            foreach (Pending question in _questions.Values)
            {
                question.TryComplete(null);
            }
        }
    }

    /// <summary>Gives a message to the question that it answers.</summary>
    /// <remarks>A message without a question is late. It proves only that the server lives.</remarks>
    /// <returns>Whether it answers a question.</returns>
    public bool Deliver(ReadOnlySpan<byte> message)
    {
        ushort id = message.Length >= sizeof(ushort) ? BinaryPrimitives.ReadUInt16BigEndian(message) : (ushort)0;
        Pending? question;
        using (_lock.Enter())
        {
            _heardAt = timeProvider.GetTimestamp();
            question = _questions.GetValueOrDefault(id);
        }

        return question is not null
            && DnsMessageReader.Read(message, question.Query, id, isFromStream: true) is DnsReply reply and not DnsReply.NotOurs
            && question.TryComplete(reply);
    }

    /// <summary>One question under way.</summary>
    internal sealed class Pending(DnsQuery query, ushort id, long askedAt)
    {
        private readonly TaskCompletionSource<DnsReply?> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public DnsQuery Query => query;

        public ushort Id => id;

        public long AskedAt => askedAt;

        /// <summary>The reply; null when the connection ended first.</summary>
        public Task<DnsReply?> Reply => _reply.Task;

        public bool TryComplete(DnsReply? reply) => _reply.TrySetResult(reply);
    }
}
