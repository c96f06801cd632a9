// Vietnamese: what the page says, by the keys of words_en.js.

export const vi = {
  locale: 'vi-VN',

  page: {
    title: 'Buổi hẹn qua video',
    private: 'Phòng riêng tư',
    opening: 'Đang mở buổi hẹn của quý vị…',
    help: 'Không vào được?',
    help_call: 'Xin gọi',
    help_write: 'Xin gửi email đến',
    help_or_write: 'hoặc gửi email đến',
    retry: 'Thử ngay',
    retry_in: (seconds) => `Sẽ thử lại sau ${seconds} giây`,
    retrying: 'Đang thử…',
    sign_in: 'Đăng nhập',
  },

  time: {
    today: (time) => `hôm nay lúc ${time}`,
    hours_minutes: (hours, minutes) => `${hours} giờ ${minutes} phút`,
    days_hours: (days, hours) => `${days} ngày ${hours} giờ`,
    spoken_hours: (hours) => `${hours} giờ`,
    spoken_minutes: (minutes) => (minutes === 1 ? 'một phút' : `${minutes} phút`),
  },

  lobby: {
    title: 'Xin chuẩn bị',
    text: 'Hãy kiểm tra hình ảnh và âm thanh của quý vị. Chưa ai thấy hay nghe được quý vị cho đến khi quý vị tham gia.',
    page: 'Kiểm tra máy quay',
    early_title: 'Quý vị đến sớm',
    early_text: 'Rất vui được gặp quý vị. Quý vị có thể dùng thời gian này để kiểm tra máy quay và micrô.',
    opens_in: 'Phòng sẽ mở sau',
    opens_at: (when) => `Phòng mở ${when}.`,
    opens_in_spoken: (left) => `Phòng sẽ mở sau ${left}.`,
    early_note: 'Quý vị có thể để trang này mở. Nút tham gia sẽ tự hiện ra.',
    opened: 'Phòng đã mở. Quý vị có thể tham gia ngay.',
    join: 'Tham gia buổi hẹn',
    joining: 'Đang mở cửa…',
    join_note: 'Chỉ hai người của buổi hẹn vào được. Buổi hẹn không được ghi lại.',
    join_without: 'Quý vị cũng có thể tham gia mà không bật, rồi bật sau.',
    picture: 'Hình từ máy quay của quý vị',
    camera_off: 'Máy quay đang tắt',
    waiting: 'Đang chờ máy quay…',
    no_picture: 'Không có hình',
    ready: 'Sẵn sàng khi quý vị muốn',
    start: 'Bật máy quay và micrô',
    will_ask: 'Trình duyệt sẽ hỏi quý vị có cho phép cả hai không.',
    asks: 'Nếu trình duyệt hỏi, xin chọn “Cho phép”.',
    started: 'Máy quay và micrô đã bật.',
    switches: 'Trước khi tham gia',
    say_something: 'Hãy nói gì đó…',
    heard: 'Đã nghe được quý vị',
    microphone_off: 'Micrô đang tắt',
    again: 'Thử lại',
  },

  device: {
    both: 'Máy quay và micrô',
    camera: 'Máy quay',
    microphone: 'Micrô',
    done: 'Xong',
    numbered: { camera: (number) => `Máy quay ${number}`, microphone: (number) => `Micrô ${number}` },
    is_on: { camera: 'Máy quay của quý vị đã bật.', microphone: 'Micrô của quý vị đã bật.' },
    is_off: { camera: 'Máy quay của quý vị đã tắt.', microphone: 'Micrô của quý vị đã tắt.' },
    switch_off: { camera: 'Tắt hình', microphone: 'Tắt tiếng' },
    switch_on: { camera: 'Bật hình', microphone: 'Bật tiếng' },
  },

  call: {
    title: 'Trong buổi hẹn',
    page_waiting: 'Đang chờ trong phòng',
    other: 'Người kia',
    own: 'Hình của quý vị',
    controls: 'Điều khiển cuộc gọi',
    devices: 'Thiết bị',
    leave: 'Rời phòng',
    alone_title: 'Quý vị đang ở trong phòng',
    alone_text: 'Người kia chưa có mặt. Họ sẽ vào ngay khi mở đường dẫn.',
    no_video: 'Máy quay của người kia đang tắt',
    only_sound: 'Hai bên vẫn nghe được nhau.',
    no_sound: 'Micrô của họ cũng đang tắt.',
    they_muted: 'Người kia đang tắt tiếng',
    own_off: 'Đã tắt hình',
    own_muted: 'Quý vị đang tắt tiếng',
    reconnecting: 'Đang nối lại… xin chờ một chút',
    they_weak: 'Kết nối của người kia yếu, đang chờ họ…',
    weak: 'Kết nối của quý vị yếu. Tắt hình sẽ giúp cuộc gọi tốt hơn.',
    reconnected: 'Đã kết nối lại.',
    came: 'Người kia đã vào phòng.',
    first_alone: 'Quý vị đang ở trong phòng. Người kia chưa có mặt.',
    went: 'Người kia đã rời phòng.',
  },

  closed: {
    cancelled: {
      title: 'Cuộc hẹn này đã được hủy',
      text: 'Đường dẫn này không còn buổi hẹn nào. Nếu quý vị không biết việc này, xin liên lạc với phòng khám.',
    },
    completed: {
      title: 'Buổi hẹn này đã diễn ra',
      text: 'Buổi hẹn đã hoàn tất nên phòng đã đóng. Cuộc hẹn kế tiếp sẽ có đường dẫn riêng.',
    },
    no_show: {
      title: 'Cuộc hẹn này đã đóng',
      text: 'Cuộc hẹn được ghi là vắng mặt. Xin liên lạc với phòng khám để chọn giờ khác.',
    },
    closed: {
      title: 'Cuộc hẹn này đã đóng',
      text: 'Phòng không mở nữa. Nếu điều này không đúng, xin liên lạc với phòng khám.',
    },
  },

  notices: {
    bad_link: {
      title: 'Đường dẫn này không đầy đủ',
      text: 'Có vẻ thiếu một phần. Xin mở lại từ email hoặc tin nhắn, hoặc sao chép toàn bộ đường dẫn.',
    },
    signed_out: {
      title: 'Xin đăng nhập trước',
      text: 'Chúng tôi cần biết đúng là quý vị trước khi mở cửa. Sau đó quý vị sẽ trở lại trang này.',
    },
    not_found: {
      title: 'Không tìm thấy cuộc hẹn này',
      text: 'Cuộc hẹn có thể thuộc tài khoản khác, hoặc đường dẫn đã cũ. Xin đăng nhập bằng tài khoản đã đặt hẹn, hoặc mở đường dẫn trong tin nhắn mới nhất.',
    },
    not_yours: {
      title: 'Phòng này chỉ dành cho hai người',
      text: 'Buổi hẹn là riêng tư: chỉ bệnh nhân và chuyên viên tâm lý vào được, nhân viên khác thì không.',
    },
    too_late: {
      title: 'Buổi hẹn này đã kết thúc',
      text: 'Đã quá giờ và phòng đã đóng. Nếu quý vị vẫn cần trao đổi, xin liên lạc với phòng khám.',
    },
    in_person: {
      title: 'Cuộc hẹn này gặp trực tiếp',
      text: 'Không có phòng video: xin đến phòng khám. Địa chỉ có trong thư xác nhận.',
    },
    unavailable: {
      title: 'Dịch vụ video không trả lời',
      text: 'Lỗi ở phía chúng tôi và thường qua nhanh. Quý vị có thể để trang này mở: trang sẽ tự thử lại.',
    },
    offline: {
      title: 'Có vẻ quý vị không có mạng',
      text: 'Không liên lạc được với phòng khám. Xin kiểm tra kết nối: trang sẽ tự tiếp tục khi có mạng lại.',
    },
    broken: {
      title: 'Có điều gì đó không ổn',
      text: 'Chúng tôi nhận được câu trả lời không như mong đợi. Xin thử lại sau giây lát.',
    },
    unsupported: {
      title: 'Trình duyệt này không gọi video được',
      text: 'Xin mở đường dẫn bằng phiên bản mới của Safari, Chrome, Edge hoặc Firefox. Trình duyệt bên trong ứng dụng khác thường không gọi được.',
    },
    left: {
      title: 'Quý vị đã rời buổi hẹn',
      text: 'Nếu rời quá sớm, quý vị có thể vào lại khi phòng còn mở.',
      label: 'Vào lại',
    },
    ended: {
      title: 'Buổi hẹn đã kết thúc',
      text: 'Phòng đã đóng. Quý vị có thể đóng trang này.',
      label: 'Vào lại',
    },
    duplicate: {
      title: 'Quý vị đã tham gia ở nơi khác',
      text: 'Buổi hẹn tiếp tục trong thẻ khác hoặc trên thiết bị khác, nên trang này đã đóng.',
      label: 'Tiếp tục tại đây',
    },
    full: {
      title: 'Phòng đã đủ người',
      text: 'Đã có hai người trong phòng. Nếu quý vị đang mở trên thiết bị khác, xin rời phòng ở đó trước.',
      label: 'Thử lại',
    },
    connection_lost: {
      title: 'Kết nối đã mất',
      text: 'Chúng tôi đã thử nối lại nhưng không được. Xin kiểm tra mạng và tham gia lại: phòng vẫn mở.',
      label: 'Tham gia lại',
    },
    not_connected: {
      title: 'Không kết nối được',
      text: 'Mạng của quý vị có thể chặn cuộc gọi video. Xin thử lại, hoặc dùng mạng khác như mạng điện thoại.',
      label: 'Thử lại',
    },
  },

  devices: {
    refused: {
      both: ['Máy quay và micrô bị chặn', 'Xin cho phép trang này: tìm biểu tượng máy quay hoặc ổ khóa trên thanh địa chỉ, hoặc trong cài đặt quyền riêng tư của thiết bị. Rồi thử lại.'],
      camera: ['Máy quay bị chặn', 'Xin cho phép trang này: tìm biểu tượng máy quay hoặc ổ khóa trên thanh địa chỉ. Quý vị cũng có thể tham gia chỉ với âm thanh.'],
      microphone: ['Micrô bị chặn', 'Xin cho phép trang này: tìm biểu tượng ổ khóa trên thanh địa chỉ. Không có micrô thì không ai nghe được quý vị.'],
    },
    missing: {
      both: ['Không tìm thấy máy quay và micrô', 'Xin nối tai nghe có micrô hoặc dùng điện thoại. Quý vị vẫn tham gia được, nhưng không ai thấy hay nghe quý vị.'],
      camera: ['Không tìm thấy máy quay', 'Xin nối một máy quay, hoặc tham gia chỉ với âm thanh.'],
      microphone: ['Không tìm thấy micrô', 'Xin nối tai nghe hoặc micrô. Không có micrô thì không ai nghe được quý vị.'],
    },
    busy: {
      both: ['Máy quay và micrô đang được dùng', 'Có vẻ chương trình khác đang giữ. Xin đóng các cuộc gọi khác rồi thử lại.'],
      camera: ['Máy quay đang được dùng', 'Có vẻ chương trình hoặc thẻ khác đang giữ. Xin đóng các cuộc gọi khác rồi thử lại.'],
      microphone: ['Micrô đang được dùng', 'Có vẻ chương trình hoặc thẻ khác đang giữ. Xin đóng các cuộc gọi khác rồi thử lại.'],
    },
    other: {
      both: ['Máy quay và micrô không khởi động được', 'Xin thử lại, hoặc khởi động lại trình duyệt.'],
      camera: ['Máy quay không khởi động được', 'Xin thử lại, hoặc chọn máy quay khác bên dưới.'],
      microphone: ['Micrô không khởi động được', 'Xin thử lại, hoặc chọn micrô khác bên dưới.'],
    },
  },
};
