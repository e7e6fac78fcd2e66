/** What an agent may ask for besides talking: files, a block, ready texts. Part of the floor's face (floor.ts). */

/** A file the agent asked the visitor for. */
export interface FileTransfer {
  readonly transferId: string;
  /** requested: the visitor has not sent it, or is sending it · success: it can be fetched. */
  readonly state: 'requested' | 'success' | 'failure' | 'cancelled';
  /** As the visitor named it, without folders; null until it is there. */
  readonly name: string | null;
  readonly contentType: string | null;
  /** Bytes. */
  readonly size: number | null;
  readonly requestedAt: number;
}

/** A QuickText an agent may insert into a chat. */
export interface QuickTextItem {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  readonly category: string | null;
}

/** The agent's calls; a connection is the one of `connectAgent`. */
export interface AgentTools {
  /**
   * Makes a LiveChatBlockingRule of the visitor's address and ends the chat for everyone in it. Of an ended chat nothing
   * happens. INSUFFICIENT_ACCESS unless the configuration allows it, INVALID_OPERATION if the address is unknown.
   */
  blockVisitor(connectionId: string, chatId: string): Promise<void>;
  /**
   * Asks the visitor for a file; one that is asked for already is given again. INSUFFICIENT_ACCESS unless the
   * configuration allows it.
   */
  requestFile(connectionId: string, chatId: string): Promise<FileTransfer>;
  /** Takes the request back, also while the file is being sent; without one nothing happens. */
  cancelFile(connectionId: string, chatId: string): Promise<void>;
  /** QuickTexts for the channel Chat the user may read, by name; at most 1,000. */
  quickTexts(connectionId: string): Promise<readonly QuickTextItem[]>;
}

/** A file on its way in. `chunks` rejects when the client is gone; it is read no further than the limit. */
export interface IncomingFile {
  readonly name: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface StoredFile {
  readonly file: FileTransfer;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/** Where files pass, without its HTTP. */
export interface FileFloor {
  /**
   * Uses the token, once, then reads the file. Resolves when it is stored and both sides have been told; what failed has
   * been told as well.
   * @throws ApiError NOT_FOUND: no such token, or it has been used, taken back or is too old; STRING_TOO_LONG: larger than
   *   allowed; INVALID_INPUT: of a kind that is not allowed, or empty; INVALID_OPERATION: taken back meanwhile
   */
  receive(
    upload: { readonly chatKey: string; readonly fileToken: string },
    open: () => Promise<IncomingFile>,
  ): Promise<FileTransfer>;
  /** A stored file for somebody who was in its chat, or may supervise. NOT_FOUND otherwise. */
  open(
    transferId: string,
    reader: { readonly userId: string; readonly maySupervise: boolean },
  ): Promise<StoredFile>;
}
